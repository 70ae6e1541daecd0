/* The compiled twin of the tables in `_tables.py`: the same answers, found in bytes.
 *
 * An Index holds four tables of sorted strings and a slot per rule for its ready decision. A miss
 * allocates nothing and calls nothing. Whatever is rare (schemes of the system, callers that a
 * payload watches, a locked screen, wildcards, strict matching) goes to `decide`, the Python code
 * that answers every request.
 *
 * Rules of this file: the stable ABI of Python 3.11; every allocation is checked; no global state;
 * bytes are read one by one or copied by `memcpy`, so neither alignment nor byte order matters.
 */
#define Py_LIMITED_API 0x030b0000
#include <Python.h>
#include <stdint.h>
#include <string.h>

#define NO_RANK INT32_MAX /* larger than every rank */
#define RARE (-1)         /* in a batch: a row that Python decides */
#define NONE UINT32_MAX   /* no parent */
#define LONGEST_HEAD 24   /* bytes of a text that the filter looks at */

/* ---- Text: bytes read forwards, or backwards for the suffixes of hosts ---------------------- */

typedef struct {
    const unsigned char *first; /* the byte that is read first */
    Py_ssize_t size;
    int step; /* 1 or -1 */
} Text;

static Text
forwards(const char *start, Py_ssize_t size)
{
    Text text = {(const unsigned char *)start, size, 1};
    return text;
}

static Text
backwards(const char *start, Py_ssize_t size)
{
    Text text = {(const unsigned char *)start + (size ? size - 1 : 0), size, -1};
    return text;
}

/* Only A-Z is ever folded. */
static inline unsigned char
folded(unsigned char byte)
{
    return (unsigned char)(byte - 'A') < 26 ? byte | 0x20 : byte;
}

static inline unsigned char
byte_at(Text text, Py_ssize_t place)
{
    return folded(text.first[place * text.step]);
}

/* ---- Table: the smallest rank among the strings that begin a text --------------------------- */

typedef struct {
    uint32_t count;
    int step;             /* how its strings are read */
    Py_ssize_t head;      /* bytes that the filter looks at; no string is shorter */
    unsigned char *bytes; /* all strings in lower case, one after the other, sorted as read */
    uint32_t *ends;       /* where each string ends in `bytes` */
    uint32_t *parents;    /* the longest other string that begins it, or NONE */
    int32_t *ranks;       /* the smallest rank of the string and its ancestors */
    uint64_t *filter;     /* two bits for each head; a power of two of words */
    uint64_t mask;
} Table;

static Text
string_at(const Table *table, uint32_t node)
{
    uint32_t start = node ? table->ends[node - 1] : 0;
    const char *bytes = (const char *)table->bytes + start;
    Py_ssize_t size = table->ends[node] - start;
    return table->step == 1 ? forwards(bytes, size) : backwards(bytes, size);
}

/* Eight bytes from `place` on as a number, loosely folded. Its value depends on the byte order of
 * the machine, which does not matter inside one process. */
static inline uint64_t
word_at(Text text, Py_ssize_t place)
{
    uint64_t word;
    memcpy(&word, text.step == 1 ? text.first + place : text.first - place - 7, 8);
    return word | UINT64_C(0x2020202020202020);
}

/* A hash of the last 16 bytes of the head, or of all of it where it is shorter. */
static inline uint64_t
head_hash(Text text, Py_ssize_t head)
{
    uint64_t hash = 0;
    if (head >= 8) {
        hash = word_at(text, head - 8) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= word_at(text, head >= 16 ? head - 16 : 0);
    }
    else
        for (Py_ssize_t place = 0; place < head; place++)
            hash = hash << 8 | (byte_at(text, place) | 0x20);
    hash *= UINT64_C(0xD6E8FEB86659FD93);
    hash ^= hash >> 32;
    return hash * UINT64_C(0xD6E8FEB86659FD93);
}

static inline uint64_t
filter_bits(uint64_t hash)
{
    return UINT64_C(1) << (hash & 63) | UINT64_C(1) << (hash >> 6 & 63);
}

/* Whether a string of the table can begin `text`. With 100,000 rules this reads one word where a
 * search would read seventeen strings (docs/performance.md, "A miss"). */
static inline int
passes_filter(const Table *table, Text text)
{
    if (table->count == 0 || text.size < table->head)
        return 0;
    uint64_t hash = head_hash(text, table->head), bits = filter_bits(hash);
    return (table->filter[hash >> 12 & table->mask] & bits) == bits;
}

/* How many bytes two texts have in common, where `from` are known. */
static inline Py_ssize_t
common_bytes(Text one, Text other, Py_ssize_t from)
{
    Py_ssize_t end = one.size < other.size ? one.size : other.size;
    while (from < end && byte_at(one, from) == byte_at(other, from))
        from++;
    return from;
}

/* The last string that is not greater than `text`, NONE where all are greater. `*common` tells
 * what they have in common. The bytes that all strings in question share are read only once. */
static uint32_t
find_node(const Table *table, Text text, Py_ssize_t *common)
{
    uint32_t low = 0, high = table->count;
    Py_ssize_t low_common = 0, high_common = 0;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        Text string = string_at(table, middle);
        Py_ssize_t same =
            common_bytes(string, text, low_common < high_common ? low_common : high_common);
        if (same == string.size ||
            (same < text.size && byte_at(string, same) < byte_at(text, same))) {
            low = middle + 1;
            low_common = same;
        }
        else {
            high = middle;
            high_common = same;
        }
    }
    *common = low_common;
    return low ? low - 1 : NONE;
}

/* The smallest rank among the strings that begin `text`. */
static int32_t
find_prefix(const Table *table, Text text)
{
    if (!passes_filter(table, text))
        return NO_RANK;
    Py_ssize_t common;
    uint32_t node = find_node(table, text, &common);
    /* The deepest one that begins the text is this node or the first ancestor that is no longer
     * than what they have in common. */
    while (node != NONE && string_at(table, node).size > common)
        node = table->parents[node];
    return node == NONE ? NO_RANK : table->ranks[node];
}

/* The rank of the string that is `text`; the table's strings must have no parents. */
static int32_t
find_equal(const Table *table, Text text)
{
    if (!passes_filter(table, text))
        return NO_RANK;
    Py_ssize_t common;
    uint32_t node = find_node(table, text, &common);
    if (node == NONE || common != text.size || string_at(table, node).size != common)
        return NO_RANK;
    return table->ranks[node];
}

static void
table_free(Table *table)
{
    PyMem_Free(table->bytes);
    PyMem_Free(table->ends);
    PyMem_Free(table->parents);
    PyMem_Free(table->ranks);
    PyMem_Free(table->filter);
    memset(table, 0, sizeof *table);
}

/* The bytes of a `str` if it is ASCII; NULL without an error where it is not, with an error where
 * something failed. For ASCII this is the string's own storage, nothing is made. */
static const char *
ascii_bytes(PyObject *string, Py_ssize_t *size)
{
    const char *bytes = PyUnicode_AsUTF8AndSize(string, size);
    if (bytes == NULL) {
        if (PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) /* a lone surrogate */
            PyErr_Clear();
        return NULL;
    }
    return *size == PyUnicode_GetLength(string) ? bytes : NULL;
}

/* Fill the arrays that `table_init` has made; 0, or -1 with an error. */
static int
table_fill(Table *table, PyObject *strings, PyObject *ranks, int nested)
{
    uint32_t end = 0, path = NONE; /* the last string, the way to the root by its parents */
    for (uint32_t node = 0; node < table->count; node++) {
        Py_ssize_t size;
        const char *bytes = ascii_bytes(PyList_GetItem(strings, node), &size);
        if (bytes == NULL)
            return -1;
        memcpy(table->bytes + end, bytes, (size_t)size);
        end += (uint32_t)size;
        table->ends[node] = end;
        long rank = PyLong_AsLong(PyList_GetItem(ranks, node));
        if (rank == -1 && PyErr_Occurred())
            return -1;
        if (rank < 0 || rank >= NO_RANK) {
            PyErr_SetString(PyExc_ValueError, "a rank is out of range");
            return -1;
        }
        Text text = string_at(table, node);
        Py_ssize_t common = 0;
        if (node) {
            Text last = string_at(table, node - 1);
            common = common_bytes(last, text, 0);
            if (common == text.size ||
                (common < last.size && byte_at(last, common) > byte_at(text, common))) {
                PyErr_SetString(PyExc_ValueError, "the strings are not sorted");
                return -1;
            }
        }
        while (path != NONE && string_at(table, path).size > common)
            path = table->parents[path];
        table->parents[node] = nested ? path : NONE;
        table->ranks[node] = (int32_t)rank;
        if (nested && path != NONE && table->ranks[path] < rank)
            table->ranks[node] = table->ranks[path];
        path = nested ? node : NONE;
        uint64_t hash = head_hash(text, table->head);
        table->filter[hash >> 12 & table->mask] |= filter_bits(hash);
    }
    return 0;
}

/* A table of `pair`, a tuple of a sorted list of lower-case ASCII strings and a list of their
 * ranks. With `nested` a string begins whatever goes on after it. 0, or -1 with an error. */
static int
table_init(Table *table, PyObject *pair, int step, int nested)
{
    PyObject *strings, *ranks;
    if (!PyArg_ParseTuple(pair, "O!O!", &PyList_Type, &strings, &PyList_Type, &ranks))
        return -1;
    Py_ssize_t count = PyList_Size(strings), total = 0, head = LONGEST_HEAD;
    if (PyList_Size(ranks) != count || count >= INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "the number of ranks is not that of the strings");
        return -1;
    }
    for (Py_ssize_t node = 0; node < count; node++) {
        PyObject *string = PyList_GetItem(strings, node);
        Py_ssize_t size;
        if (!PyUnicode_Check(string) || ascii_bytes(string, &size) == NULL || size == 0) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_ValueError, "a string is no ASCII text");
            return -1;
        }
        if (size > INT32_MAX - total) {
            PyErr_SetString(PyExc_OverflowError, "the rules are too long");
            return -1;
        }
        total += size;
        head = size < head ? size : head;
    }
    /* 16 bits or more a string: of other heads about one in a hundred passes. */
    uint64_t words = 1;
    while (words * 4 < (uint64_t)count)
        words *= 2;
    size_t items = count ? (size_t)count : 1;
    table->count = (uint32_t)count;
    table->step = step;
    table->head = head;
    table->mask = words - 1;
    table->bytes = PyMem_Malloc(total ? (size_t)total : 1);
    table->ends = PyMem_Calloc(items, sizeof *table->ends);
    table->parents = PyMem_Calloc(items, sizeof *table->parents);
    table->ranks = PyMem_Calloc(items, sizeof *table->ranks);
    table->filter = PyMem_Calloc((size_t)words, sizeof *table->filter);
    if (!table->bytes || !table->ends || !table->parents || !table->ranks || !table->filter) {
        PyErr_NoMemory();
        return -1;
    }
    return table_fill(table, strings, ranks, nested);
}

/* ---- Request: the two things that are ever read from a URL ----------------------------------- */

/* Whether a part of the system asks, by an extension, a host or a realm. */
static inline int
is_special(const char *url, Py_ssize_t size)
{
    return (size >= 5 && memcmp(url, "host:", 5) == 0) ||
           (size >= 6 && (memcmp(url, "ssoid:", 6) == 0 || memcmp(url, "realm:", 6) == 0));
}

static inline int
ends_authority(char byte)
{
    return byte == '/' || byte == '?' || byte == '#';
}

/* The host of a URL as `urls.host_text` finds it; NULL where there is none. */
static const char *
host_text(const char *url, Py_ssize_t size, Py_ssize_t *host_size)
{
    const char *start = NULL, *end = url + size;
    for (const char *at = url; end - at >= 3; at++)
        if (at[0] == ':' && at[1] == '/' && at[2] == '/') {
            start = at + 3;
            break;
        }
    if (start == NULL)
        return NULL;
    const char *stop = start;
    for (const char *at = start; stop < end && !ends_authority(*stop); stop++)
        if (*stop == '@')
            start = (at = stop) + 1;
    Py_ssize_t depth = 0;
    for (const char *at = start; at < stop; at++)
        if (*at == '[')
            depth++;
        else if (*at == ']')
            depth -= depth > 0;
        else if (*at == ':' && depth == 0)
            stop = at;
    if (stop - start >= 2 && *start == '[' && stop[-1] == ']') {
        start++;
        stop--;
    }
    *host_size = stop - start;
    return stop > start ? start : NULL;
}

/* ---- Index ----------------------------------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    Table urls;      /* URL prefixes without a wildcard */
    Table wildcards; /* what stands before the first `*` of the others */
    Table hosts;
    Table suffixes;
    Table callers;     /* all that any payload watches */
    Py_ssize_t rules;  /* ranks are below this */
    int plain;         /* whether a rule and its place in the authority tell the decision */
    Py_buffer ends;    /* int32 a rule: where a URL that goes on is a look-alike; -1: always */
    Py_buffer owners;  /* int32 a rule: the number of its payload */
    PyObject *watched; /* a tuple of frozensets by number: callers that can change the decision */
    PyObject *no_match;
    PyObject *decide;
    PyObject *make;      /* makes the ready decision of a rank */
    PyObject *ready_for; /* has the ready decision of a rank for a watched caller */
    PyObject **ready; /* by 2 * rank + lookalike, NULL until the first use */
} Index;

static inline int32_t
int32_at(const void *items, Py_ssize_t place)
{
    int32_t item;
    memcpy(&item, (const char *)items + place * 4, 4);
    return item;
}

static int32_t
find_host_rank(const Index *self, const char *host, Py_ssize_t size)
{
    int32_t rank = find_equal(&self->hosts, forwards(host, size));
    /* without the host's first byte, since a suffix never matches itself */
    int32_t suffix = find_prefix(&self->suffixes, backwards(host + 1, size - 1));
    return suffix < rank ? suffix : rank;
}

/* The smallest rank that matches; RARE where only Python can tell. */
static inline int32_t
find_rank(const Index *self, const char *url, Py_ssize_t size, int is_challenge)
{
    if (is_special(url, size))
        return RARE;
    if (is_challenge) {
        Py_ssize_t host_size;
        const char *host = host_text(url, size, &host_size);
        return host == NULL ? NO_RANK : find_host_rank(self, host, host_size);
    }
    Text text = forwards(url, size);
    if (self->wildcards.count && find_prefix(&self->wildcards, text) != NO_RANK)
        return RARE;
    return find_prefix(&self->urls, text);
}

static inline int
is_lookalike(const Index *self, int32_t rank, const char *url, Py_ssize_t size)
{
    int32_t end = int32_at(self->ends.buf, rank);
    if (end <= 0)
        return end < 0;
    return end < size && !ends_authority(url[end]);
}

/* The ready decision in `slot`, made on its first use; a new reference. */
static PyObject *
ready_decision(Index *self, Py_ssize_t slot)
{
    PyObject *decision = self->ready[slot];
    if (decision == NULL) {
        PyObject *made = PyObject_CallFunction(self->make, "nO", slot / 2,
                                               slot % 2 ? Py_True : Py_False);
        if (made == NULL)
            return NULL;
        if (self->ready[slot] == NULL) /* no other thread was faster */
            self->ready[slot] = made;
        else
            Py_DECREF(made);
        decision = self->ready[slot];
    }
    return Py_NewRef(decision);
}

/* 1 for a challenge, 0 for a plain load, -1 where only Python can tell. */
static inline int
is_challenge_code(PyObject *code)
{
    if (code == NULL)
        return 0;
    if (!PyLong_Check(code))
        return -1;
    int overflow;
    long value = PyLong_AsLongAndOverflow(code, &overflow);
    return value == 401 || value == 407;
}

enum { URL, CALLER, RESPONSE_CODE, SCREEN_LOCKED, USER_INTERFACE, BACKGROUND, ARGUMENTS };

/* The decision about a request; arguments that were not given are NULL. A new reference. */
static PyObject *
route(Index *self, PyObject *const arguments[ARGUMENTS])
{
    Py_ssize_t size;
    PyObject *url = arguments[URL], *caller = arguments[CALLER];
    int is_challenge = is_challenge_code(arguments[RESPONSE_CODE]);
    if (is_challenge >= 0 && PyUnicode_Check(url)) {
        const char *bytes = ascii_bytes(url, &size);
        if (bytes == NULL) /* only ASCII URLs match */
            return PyErr_Occurred() ? NULL : Py_NewRef(self->no_match);
        int32_t rank = find_rank(self, bytes, size, is_challenge);
        if (rank == NO_RANK)
            return Py_NewRef(self->no_match);
        PyObject *locked = arguments[SCREEN_LOCKED];
        if (rank != RARE && self->plain && (locked == NULL || locked == Py_False)) {
            int is_watched = 0;
            if (caller != NULL && caller != Py_None) {
                int32_t owner = int32_at(self->owners.buf, rank);
                is_watched = PySet_Contains(PyTuple_GetItem(self->watched, owner), caller);
                if (is_watched < 0)
                    return NULL;
            }
            int lookalike = is_lookalike(self, rank, bytes, size);
            if (is_watched)
                return PyObject_CallFunction(self->ready_for, "iOO", (int)rank,
                                             lookalike ? Py_True : Py_False, caller);
            return ready_decision(self, 2 * (Py_ssize_t)rank + lookalike);
        }
    }
    PyObject *zero = NULL, *code = arguments[RESPONSE_CODE];
    if (code == NULL && (code = zero = PyLong_FromLong(0)) == NULL)
        return NULL;
    PyObject *locked = arguments[SCREEN_LOCKED], *interface = arguments[USER_INTERFACE];
    PyObject *background = arguments[BACKGROUND];
    PyObject *decision = PyObject_CallFunctionObjArgs(
        self->decide, url, caller ? caller : Py_None, code, locked ? locked : Py_False,
        interface ? interface : Py_True, background ? background : Py_False, NULL);
    Py_XDECREF(zero);
    return decision;
}

static const char *const NAMES[ARGUMENTS] = {
    "url",           "caller",
    "response_code", "screen_locked",
    "user_interface_enabled", "background_session",
};

PyDoc_STRVAR(route_doc,
             "route($self, url, caller=None, response_code=0, screen_locked=False,\n"
             "      user_interface_enabled=True, background_session=False)\n--\n\n"
             "Decide about one request; answers for every string and never raises.\n\n"
             "`url` is routed as it is (docs/matching.md, \"Spellings\"); the arguments are those\n"
             "of `Request`. Equal requests get the same `Decision` object.");

static PyObject *
index_route(Index *self, PyObject *const *given, Py_ssize_t count, PyObject *names)
{
    PyObject *arguments[ARGUMENTS] = {NULL};
    if (count > ARGUMENTS)
        return PyErr_Format(PyExc_TypeError, "route() takes from 1 to %d arguments, %zd were given",
                            (int)ARGUMENTS, count);
    for (Py_ssize_t place = 0; place < count; place++)
        arguments[place] = given[place];
    Py_ssize_t named = names == NULL ? 0 : PyTuple_Size(names);
    for (Py_ssize_t place = 0; place < named; place++) {
        PyObject *name = PyTuple_GetItem(names, place);
        int argument = 0;
        while (argument < ARGUMENTS && PyUnicode_CompareWithASCIIString(name, NAMES[argument]))
            argument++;
        if (argument == ARGUMENTS)
            return PyErr_Format(PyExc_TypeError,
                                "route() got an unexpected keyword argument '%U'", name);
        if (arguments[argument] != NULL)
            return PyErr_Format(PyExc_TypeError, "route() got multiple values for argument '%U'",
                                name);
        arguments[argument] = given[count + place];
    }
    if (arguments[URL] == NULL) {
        PyErr_SetString(PyExc_TypeError, "route() missing 1 required argument: 'url'");
        return NULL;
    }
    return route(self, arguments);
}

/* The item of `column` for one row: an item of a tuple, or the same for all rows. */
static PyObject *
cell(PyObject *column, Py_ssize_t row)
{
    return PyTuple_Check(column) ? PyTuple_GetItem(column, row) : column;
}

PyDoc_STRVAR(route_many_doc,
             "route_many($self, urls, callers, response_codes, /)\n--\n\n"
             "The decisions about many requests. `urls` is a tuple; the others are a tuple of the\n"
             "same length, or one value for all.");

static PyObject *
index_route_many(Index *self, PyObject *arguments)
{
    PyObject *urls, *callers, *codes;
    if (!PyArg_ParseTuple(arguments, "O!OO", &PyTuple_Type, &urls, &callers, &codes))
        return NULL;
    Py_ssize_t count = PyTuple_Size(urls);
    if ((PyTuple_Check(callers) && PyTuple_Size(callers) != count) ||
        (PyTuple_Check(codes) && PyTuple_Size(codes) != count)) {
        PyErr_SetString(PyExc_ValueError, "the columns have different lengths");
        return NULL;
    }
    PyObject *decisions = PyList_New(count);
    if (decisions == NULL)
        return NULL;
    for (Py_ssize_t row = 0; row < count; row++) {
        PyObject *request[ARGUMENTS] = {PyTuple_GetItem(urls, row), cell(callers, row),
                                        cell(codes, row)};
        if (request[RESPONSE_CODE] == Py_None)
            request[RESPONSE_CODE] = NULL;
        PyObject *decision =
            request[URL] == Py_None ? Py_NewRef(self->no_match) : route(self, request);
        if (decision == NULL || PyList_SetItem(decisions, row, decision) < 0) {
            Py_DECREF(decisions);
            return NULL;
        }
    }
    return decisions;
}

static PyObject *
rank_object(int32_t rank)
{
    return PyLong_FromLong(rank);
}

PyDoc_STRVAR(find_url_doc, "find_url($self, url, /)\n--\n\n"
                           "The smallest rank among the prefixes without a wildcard.");

static PyObject *
index_find_url(Index *self, PyObject *url)
{
    Py_ssize_t size;
    const char *bytes = PyUnicode_Check(url) ? ascii_bytes(url, &size) : NULL;
    if (bytes == NULL)
        return PyErr_Occurred() ? NULL : rank_object(NO_RANK);
    return rank_object(find_prefix(&self->urls, forwards(bytes, size)));
}

PyDoc_STRVAR(find_host_doc, "find_host($self, host, /)\n--\n\n"
                            "The smallest rank among the host patterns.");

static PyObject *
index_find_host(Index *self, PyObject *host)
{
    Py_ssize_t size;
    const char *bytes = PyUnicode_Check(host) ? ascii_bytes(host, &size) : NULL;
    if (bytes == NULL || size == 0)
        return PyErr_Occurred() ? NULL : rank_object(NO_RANK);
    return rank_object(find_host_rank(self, bytes, size));
}

PyDoc_STRVAR(ready_doc, "ready($self, rank, lookalike, /)\n--\n\n"
                        "The decision about a plain request that the rule with this rank matches.");

static PyObject *
index_ready(Index *self, PyObject *arguments)
{
    Py_ssize_t rank;
    int lookalike;
    if (!PyArg_ParseTuple(arguments, "np", &rank, &lookalike))
        return NULL;
    if (rank < 0 || rank >= self->rules) {
        PyErr_SetString(PyExc_IndexError, "there is no such rank");
        return NULL;
    }
    return ready_decision(self, 2 * rank + lookalike);
}

/* ---- Batches: strings in Arrow's layout ------------------------------------------------------ */

typedef struct {
    Py_buffer validity, offsets, bytes; /* `validity.buf` is NULL where nothing is null */
    Py_ssize_t first;                   /* the row of the buffers that is row 0 of the column */
    int is_large;                       /* 64-bit offsets */
} Column;

static void
column_free(Column *column)
{
    PyBuffer_Release(&column->validity);
    PyBuffer_Release(&column->offsets);
    PyBuffer_Release(&column->bytes);
}

static int
get_buffer(PyObject *object, Py_buffer *buffer)
{
    return object == Py_None ? 0 : PyObject_GetBuffer(object, buffer, PyBUF_SIMPLE);
}

/* A column of `rows` rows out of (validity, offsets, bytes, first, is_large); 0, or -1 with an
 * error. Whether the offsets are right is seen row by row. */
static int
column_init(Column *column, PyObject *parts, Py_ssize_t rows)
{
    PyObject *validity, *offsets, *bytes;
    if (!PyArg_ParseTuple(parts, "OOOnp", &validity, &offsets, &bytes, &column->first,
                          &column->is_large))
        return -1;
    if (get_buffer(validity, &column->validity) < 0 || get_buffer(offsets, &column->offsets) < 0 ||
        get_buffer(bytes, &column->bytes) < 0)
        return -1;
    Py_ssize_t width = column->is_large ? 8 : 4;
    if (column->first < 0 || rows > PY_SSIZE_T_MAX / 16 - column->first - 1 ||
        (rows && column->offsets.len / width < column->first + rows + 1) ||
        (rows && column->validity.buf && column->validity.len < (column->first + rows + 7) / 8)) {
        PyErr_SetString(PyExc_ValueError, "a buffer is too short for its rows");
        return -1;
    }
    return 0;
}

/* The text of one row: 1, 0 where it is null, -1 where the offsets are wrong. */
static inline int
column_text(const Column *column, Py_ssize_t row, const char **text, Py_ssize_t *size)
{
    int64_t bounds[2];
    row += column->first;
    if (column->is_large)
        memcpy(bounds, (const char *)column->offsets.buf + row * 8, 16);
    else {
        bounds[0] = int32_at(column->offsets.buf, row);
        bounds[1] = int32_at(column->offsets.buf, row + 1);
    }
    if (bounds[0] < 0 || bounds[1] < bounds[0] || bounds[1] > (int64_t)column->bytes.len)
        return -1;
    if (column->validity.buf &&
        !(((const unsigned char *)column->validity.buf)[row / 8] >> row % 8 & 1))
        return 0;
    *text = column->bytes.buf ? (const char *)column->bytes.buf + bounds[0] : "";
    *size = (Py_ssize_t)(bounds[1] - bounds[0]);
    return 1;
}

static int
is_ascii(const char *bytes, Py_ssize_t size)
{
    uint64_t word, all = 0;
    for (; size >= 8; bytes += 8, size -= 8) {
        memcpy(&word, bytes, 8);
        all |= word;
    }
    for (; size > 0; bytes++, size--)
        all |= (unsigned char)*bytes;
    return (all & UINT64_C(0x8080808080808080)) == 0;
}

typedef struct {
    Column urls, callers;
    int has_callers;
    Py_buffer challenges; /* a byte a row, `buf` is NULL where all are plain loads */
    Py_buffer locked;     /* a byte a row, `buf` is NULL where the screen is never locked */
    Py_buffer out;        /* int32 a row: 0 is no match, RARE, or the place of a slot in `order` */
    Py_ssize_t rows;
    int32_t *numbers; /* by slot: its place in `order`, 0 where it has none yet */
    int32_t *order;   /* the slots met, from place 1 on */
    int32_t met;
    Py_ssize_t rare_rows;
} Batch;

static inline int
flag_at(const Py_buffer *flags, Py_ssize_t row)
{
    return flags->buf != NULL && ((const char *)flags->buf)[row] != 0;
}

/* Whether a payload may watch this caller; not asked of Python, so without regard to case. */
static int
may_be_watched(const Index *self, const char *caller, Py_ssize_t size)
{
    return !is_ascii(caller, size) ||
           find_equal(&self->callers, forwards(caller, size)) != NO_RANK;
}

/* The slot of one row's decision plus 1, 0 for no match, RARE, or -2 where the data is wrong. */
static inline Py_ssize_t
batch_slot(const Index *self, const Batch *batch, Py_ssize_t row)
{
    const char *url = "", *caller = "";
    Py_ssize_t size = 0, caller_size = 0;
    int has_url = column_text(&batch->urls, row, &url, &size);
    if (has_url <= 0)
        return has_url ? -2 : 0;
    int32_t rank = find_rank(self, url, size, flag_at(&batch->challenges, row));
    if (rank == NO_RANK || !is_ascii(url, size))
        return 0;
    int has_caller =
        batch->has_callers ? column_text(&batch->callers, row, &caller, &caller_size) : 0;
    if (has_caller < 0)
        return -2;
    if (rank == RARE || !self->plain || flag_at(&batch->locked, row) ||
        (has_caller && may_be_watched(self, caller, caller_size)))
        return RARE;
    return 1 + 2 * (Py_ssize_t)rank + is_lookalike(self, rank, url, size);
}

/* Needs no GIL: tables do not change, and the buffers are held. 0, or -1 where data is wrong. */
static int
batch_run(const Index *self, Batch *batch)
{
    for (Py_ssize_t row = 0; row < batch->rows; row++) {
        Py_ssize_t slot = batch_slot(self, batch, row);
        int32_t number = (int32_t)slot;
        if (slot == -2)
            return -1;
        batch->rare_rows += slot == RARE;
        if (slot > 0) {
            number = batch->numbers[slot - 1];
            if (number == 0) {
                number = batch->numbers[slot - 1] = ++batch->met;
                batch->order[number] = (int32_t)(slot - 1);
            }
        }
        memcpy((char *)batch->out.buf + row * 4, &number, 4);
    }
    return 0;
}

/* The decisions by their numbers. */
static PyObject *
batch_decisions(Index *self, const Batch *batch)
{
    PyObject *decisions = PyList_New(batch->met + 1);
    if (decisions == NULL)
        return NULL;
    for (int32_t number = 0; number <= batch->met; number++) {
        PyObject *decision = number ? ready_decision(self, batch->order[number])
                                    : Py_NewRef(self->no_match);
        if (decision == NULL || PyList_SetItem(decisions, number, decision) < 0) {
            Py_DECREF(decisions);
            return NULL;
        }
    }
    return decisions;
}

/* The decision about one row as `route` makes it. */
static PyObject *
route_row(Index *self, const Batch *batch, Py_ssize_t row)
{
    const char *text = "";
    Py_ssize_t size = 0;
    PyObject *arguments[ARGUMENTS] = {NULL}, *decision = NULL;
    column_text(&batch->urls, row, &text, &size);
    arguments[URL] = PyUnicode_DecodeUTF8(text, size, "replace");
    arguments[RESPONSE_CODE] = PyLong_FromLong(flag_at(&batch->challenges, row) ? 401 : 0);
    if (batch->has_callers && column_text(&batch->callers, row, &text, &size) == 1)
        arguments[CALLER] = PyUnicode_DecodeUTF8(text, size, "replace");
    if (flag_at(&batch->locked, row))
        arguments[SCREEN_LOCKED] = Py_True;
    if (!PyErr_Occurred())
        decision = route(self, arguments);
    Py_XDECREF(arguments[URL]);
    Py_XDECREF(arguments[RESPONSE_CODE]);
    Py_XDECREF(arguments[CALLER]);
    return decision;
}

/* The place of `decision` in the list, where it is put if it is new; -1 with an error. */
static Py_ssize_t
place_of(PyObject *decision, PyObject *decisions, PyObject *places)
{
    Py_ssize_t place = -1;
    PyObject *new_place = NULL, *key = PyLong_FromVoidPtr(decision);
    PyObject *known = key ? PyDict_GetItemWithError(places, key) : NULL;
    if (known != NULL)
        place = PyLong_AsSsize_t(known);
    else if (!PyErr_Occurred()) {
        place = PyList_Size(decisions);
        new_place = PyLong_FromSsize_t(place);
        if (new_place == NULL || PyDict_SetItem(places, key, new_place) < 0 ||
            PyList_Append(decisions, decision) < 0)
            place = -1;
    }
    Py_XDECREF(new_place);
    Py_XDECREF(key);
    return place;
}

/* Decide the rows that `batch_run` left; 0, or -1 with an error. */
static int
batch_rare(Index *self, Batch *batch, PyObject *decisions)
{
    PyObject *places = PyDict_New();
    Py_ssize_t place = places == NULL ? -1 : 0;
    for (Py_ssize_t known = 0; place >= 0 && known < PyList_Size(decisions); known++) {
        PyObject *key = PyLong_FromVoidPtr(PyList_GetItem(decisions, known));
        PyObject *value = PyLong_FromSsize_t(known);
        if (key == NULL || value == NULL || PyDict_SetItem(places, key, value) < 0)
            place = -1;
        Py_XDECREF(key);
        Py_XDECREF(value);
    }
    for (Py_ssize_t row = 0; place >= 0 && row < batch->rows; row++) {
        if (int32_at(batch->out.buf, row) != RARE)
            continue;
        PyObject *decision = route_row(self, batch, row);
        place = decision == NULL ? -1 : place_of(decision, decisions, places);
        Py_XDECREF(decision);
        int32_t number = (int32_t)place;
        memcpy((char *)batch->out.buf + row * 4, &number, 4);
    }
    Py_XDECREF(places);
    return place < 0 ? -1 : 0;
}

static void
batch_free(Batch *batch)
{
    column_free(&batch->urls);
    column_free(&batch->callers);
    PyBuffer_Release(&batch->challenges);
    PyBuffer_Release(&batch->locked);
    PyBuffer_Release(&batch->out);
    PyMem_Free(batch->numbers);
    PyMem_Free(batch->order);
}

static int
batch_init(Batch *batch, PyObject *arguments, const Index *self)
{
    PyObject *urls, *callers, *challenges, *locked, *out;
    if (!PyArg_ParseTuple(arguments, "nOOOOO", &batch->rows, &urls, &callers, &challenges, &locked,
                          &out))
        return -1;
    batch->has_callers = callers != Py_None;
    if (batch->rows < 0 || column_init(&batch->urls, urls, batch->rows) < 0 ||
        (batch->has_callers && column_init(&batch->callers, callers, batch->rows) < 0) ||
        get_buffer(challenges, &batch->challenges) < 0 || get_buffer(locked, &batch->locked) < 0 ||
        PyObject_GetBuffer(out, &batch->out, PyBUF_WRITABLE) < 0) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "the number of rows is negative");
        return -1;
    }
    if (batch->out.len / 4 < batch->rows ||
        (batch->challenges.buf && batch->challenges.len < batch->rows) ||
        (batch->locked.buf && batch->locked.len < batch->rows)) {
        PyErr_SetString(PyExc_ValueError, "a buffer is too short for its rows");
        return -1;
    }
    size_t slots = 2 * (size_t)self->rules + 1;
    size_t most = slots < (size_t)batch->rows ? slots : (size_t)batch->rows;
    batch->numbers = PyMem_Calloc(slots, sizeof *batch->numbers);
    batch->order = PyMem_Calloc(most + 1, sizeof *batch->order);
    if (batch->numbers == NULL || batch->order == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

PyDoc_STRVAR(route_arrow_doc,
             "route_arrow($self, rows, urls, callers, challenges, locked, out, /)\n--\n\n"
             "Write the number of each row's decision to `out` and return the decisions.\n\n"
             "`urls` and `callers` (or None) are (validity, offsets, bytes, first row, is_large)\n"
             "in Arrow's layout; `challenges` and `locked` (a byte a row, or None) and `out` (int32)\n"
             "are buffers. ValueError for wrong ones.");

static PyObject *
index_route_arrow(Index *self, PyObject *arguments)
{
    Batch batch;
    PyObject *decisions = NULL;
    int wrong;
    memset(&batch, 0, sizeof batch);
    if (batch_init(&batch, arguments, self) == 0) {
        Py_BEGIN_ALLOW_THREADS
        wrong = batch_run(self, &batch);
        Py_END_ALLOW_THREADS
        if (wrong)
            PyErr_SetString(PyExc_ValueError, "the offsets of a column are wrong");
        else
            decisions = batch_decisions(self, &batch);
        if (decisions != NULL && batch.rare_rows && batch_rare(self, &batch, decisions) < 0)
            Py_CLEAR(decisions);
    }
    batch_free(&batch);
    return decisions;
}

/* ---- Type and module -------------------------------------------------------------------------- */

static int
index_traverse(Index *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE((PyObject *)self));
    Py_VISIT(self->watched);
    Py_VISIT(self->no_match);
    Py_VISIT(self->decide);
    Py_VISIT(self->make);
    Py_VISIT(self->ready_for);
    for (Py_ssize_t slot = 0; self->ready && slot < 2 * self->rules; slot++)
        Py_VISIT(self->ready[slot]);
    return 0;
}

/* Only what leads back to the index can be part of a cycle; the rest stays for those who still
 * hold one of its methods. */
static int
index_clear(Index *self)
{
    Py_CLEAR(self->decide);
    Py_CLEAR(self->make);
    Py_CLEAR(self->ready_for);
    return 0;
}

static void
index_dealloc(Index *self)
{
    PyTypeObject *type = Py_TYPE((PyObject *)self);
    PyObject_GC_UnTrack(self);
    index_clear(self);
    table_free(&self->urls);
    table_free(&self->wildcards);
    table_free(&self->hosts);
    table_free(&self->suffixes);
    table_free(&self->callers);
    PyBuffer_Release(&self->ends);
    PyBuffer_Release(&self->owners);
    for (Py_ssize_t slot = 0; self->ready && slot < 2 * self->rules; slot++)
        Py_XDECREF(self->ready[slot]);
    PyMem_Free(self->ready);
    Py_XDECREF(self->watched);
    Py_XDECREF(self->no_match);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

/* Whether every rank has an end and an owner, and every owner its callers; -1 with an error. */
static int
index_check(Index *self)
{
    const Table *tables[] = {&self->urls, &self->hosts, &self->suffixes};
    int is_right = self->ends.len == self->owners.len && self->ends.len % 4 == 0;
    for (Py_ssize_t rank = 0; is_right && rank < self->rules; rank++) {
        int32_t owner = int32_at(self->owners.buf, rank);
        is_right = owner >= 0 && owner < PyTuple_Size(self->watched);
    }
    for (int table = 0; table < 3; table++)
        for (uint32_t node = 0; is_right && node < tables[table]->count; node++)
            is_right = tables[table]->ranks[node] < self->rules;
    for (Py_ssize_t owner = 0; is_right && owner < PyTuple_Size(self->watched); owner++)
        is_right = PyFrozenSet_Check(PyTuple_GetItem(self->watched, owner));
    if (!is_right)
        PyErr_SetString(PyExc_ValueError, "the rules and their owners do not fit");
    return is_right ? 0 : -1;
}

static PyObject *
index_new(PyTypeObject *type, PyObject *arguments, PyObject *names)
{
    PyObject *urls, *wildcards, *hosts, *suffixes, *callers;
    PyObject *ends, *owners, *watched, *no_match, *decide, *make, *ready_for;
    int plain;
    if (names != NULL && PyDict_Size(names)) {
        PyErr_SetString(PyExc_TypeError, "Index() takes no keyword arguments");
        return NULL;
    }
    if (!PyArg_ParseTuple(arguments, "OOOOOOOO!OOOOp", &urls, &wildcards, &hosts, &suffixes,
                          &callers, &ends, &owners, &PyTuple_Type, &watched, &no_match, &decide,
                          &make, &ready_for, &plain))
        return NULL;
    Index *self = (Index *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (self == NULL)
        return NULL;
    self->plain = plain;
    self->watched = Py_NewRef(watched);
    self->no_match = Py_NewRef(no_match);
    self->decide = Py_NewRef(decide);
    self->make = Py_NewRef(make);
    self->ready_for = Py_NewRef(ready_for);
    if (table_init(&self->urls, urls, 1, 1) < 0 || table_init(&self->wildcards, wildcards, 1, 1) ||
        table_init(&self->hosts, hosts, 1, 0) < 0 ||
        table_init(&self->suffixes, suffixes, -1, 1) < 0 ||
        table_init(&self->callers, callers, 1, 0) < 0 ||
        PyObject_GetBuffer(ends, &self->ends, PyBUF_SIMPLE) < 0 ||
        PyObject_GetBuffer(owners, &self->owners, PyBUF_SIMPLE) < 0)
        goto failed;
    self->rules = self->ends.len / 4;
    if (index_check(self) < 0)
        goto failed;
    self->ready = PyMem_Calloc(2 * (size_t)self->rules + 1, sizeof *self->ready);
    if (self->ready == NULL) {
        PyErr_NoMemory();
        goto failed;
    }
    return (PyObject *)self;
failed:
    Py_DECREF(self);
    return NULL;
}

static PyMethodDef index_methods[] = {
    {"route", (PyCFunction)(void (*)(void))index_route, METH_FASTCALL | METH_KEYWORDS, route_doc},
    {"route_many", (PyCFunction)index_route_many, METH_VARARGS, route_many_doc},
    {"route_arrow", (PyCFunction)index_route_arrow, METH_VARARGS, route_arrow_doc},
    {"find_url", (PyCFunction)index_find_url, METH_O, find_url_doc},
    {"find_host", (PyCFunction)index_find_host, METH_O, find_host_doc},
    {"ready", (PyCFunction)index_ready, METH_VARARGS, ready_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot index_slots[] = {
    {Py_tp_doc, "The tables of a router."},
    {Py_tp_new, index_new},
    {Py_tp_dealloc, index_dealloc},
    {Py_tp_traverse, index_traverse},
    {Py_tp_clear, index_clear},
    {Py_tp_methods, index_methods},
    {0, NULL},
};

static PyType_Spec index_spec = {
    .name = "ssoroute._compiled.Index",
    .basicsize = sizeof(Index),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = index_slots,
};

static int
module_exec(PyObject *module)
{
    PyObject *type = PyType_FromModuleAndSpec(module, &index_spec, NULL);
    int added = type == NULL ? -1 : PyModule_AddType(module, (PyTypeObject *)type);
    Py_XDECREF(type);
    return added;
}

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

static struct PyModuleDef module_def = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_compiled",
    .m_doc = "The compiled twin of the tables in `_tables.py`.",
    .m_slots = module_slots,
};

PyMODINIT_FUNC
PyInit__compiled(void)
{
    return PyModuleDef_Init(&module_def);
}
