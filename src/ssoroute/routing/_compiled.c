/* The compiled twin of the tables in `_tables.py`: the same answers, found in bytes.
 *
 * An Index holds three tables of strings and the ready decision of every rule. A miss allocates
 * nothing and calls nothing. Whatever is rare (schemes of the system, callers that a payload
 * watches, a locked screen, wildcards, look-alikes, strict matching) goes to the Python code that
 * answers every request.
 *
 * Rules of this file: the stable ABI of Python 3.11; every allocation is checked; no global state;
 * bytes are read one by one or copied by `memcpy`, so neither alignment nor byte order matters.
 */
#define Py_LIMITED_API 0x030b0000
#include <Python.h>
#include "_compiled_table.h"

#define RARE (-1) /* in a batch: a row that Python decides */

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
    Py_ssize_t rules;  /* ranks are below this */
    int plain;         /* whether a rule and its place in the authority tell the decision */
    Py_buffer ends;    /* int32 a rule: where a URL that goes on is a look-alike; -1: always */
    Py_buffer owners;  /* int32 a rule: the number of its payload */
    PyObject *watched; /* a tuple of frozensets by number: callers that can change the decision */
    PyObject *ready;   /* a tuple of the decisions about plain requests by rank */
    PyObject *no_match;
    PyObject *decide;
    PyObject *lookalike; /* has the decision about a look-alike of a rank */
    PyObject *ready_for; /* has the ready decision of a rank for a watched caller */
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
    int32_t rank = find(&self->hosts, text_of(host, size, 1));
    /* without the host's first byte, since a suffix never matches itself */
    int32_t suffix = find(&self->suffixes, text_of(host + 1, size - 1, -1));
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
    Text text = text_of(url, size, 1);
    if (self->wildcards.count && find(&self->wildcards, text) != NO_RANK)
        return RARE;
    return find(&self->urls, text);
}

static inline int
is_lookalike(const Index *self, int32_t rank, const char *url, Py_ssize_t size)
{
    int32_t end = int32_at(self->ends.buf, rank);
    if (end <= 0)
        return end < 0;
    return end < size && !ends_authority(url[end]);
}

/* The decision about a plain request; a new reference. */
static PyObject *
plain_decision(Index *self, int32_t rank, int lookalike)
{
    if (lookalike)
        return PyObject_CallFunction(self->lookalike, "i", (int)rank);
    return Py_XNewRef(PyTuple_GetItem(self->ready, rank));
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
        int has_caller = caller != NULL && caller != Py_None;
        if (rank != RARE && self->plain && (locked == NULL || locked == Py_False) &&
            (!has_caller || PyUnicode_Check(caller))) {
            int is_watched = 0;
            if (has_caller) {
                int32_t owner = int32_at(self->owners.buf, rank);
                is_watched = PySet_Contains(PyTuple_GetItem(self->watched, owner), caller);
                if (is_watched < 0)
                    return NULL;
            }
            int lookalike = is_lookalike(self, rank, bytes, size);
            if (is_watched)
                return PyObject_CallFunction(self->ready_for, "iOO", (int)rank,
                                             lookalike ? Py_True : Py_False, caller);
            return plain_decision(self, rank, lookalike);
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
             "Decide about one request; every string gets an answer.\n\n"
             "`url` is routed as it is (docs/matching.md, \"Spellings\"); the arguments are those\n"
             "of `Request`. Equal requests get the same `Decision` object. `TypeError` names an\n"
             "argument of a wrong type; a caller is looked at only if a rule matches.");

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

PyDoc_STRVAR(find_url_doc, "find_url($self, url, /)\n--\n\n"
                           "The smallest rank among the prefixes without a wildcard.");

static PyObject *
index_find_url(Index *self, PyObject *url)
{
    Py_ssize_t size;
    const char *bytes = ascii_bytes(url, &size);
    if (bytes == NULL && PyErr_Occurred())
        return NULL;
    return PyLong_FromLong(bytes ? find(&self->urls, text_of(bytes, size, 1)) : NO_RANK);
}

PyDoc_STRVAR(find_host_doc, "find_host($self, host, /)\n--\n\n"
                            "The smallest rank among the host patterns.");

static PyObject *
index_find_host(Index *self, PyObject *host)
{
    Py_ssize_t size;
    const char *bytes = ascii_bytes(host, &size);
    if (bytes == NULL && PyErr_Occurred())
        return NULL;
    return PyLong_FromLong(bytes && size ? find_host_rank(self, bytes, size) : NO_RANK);
}

/* ---- Batches: strings in Arrow's layout ------------------------------------------------------ */

typedef struct {
    Py_buffer validity, offsets, bytes; /* `validity.buf` is NULL where nothing is null */
    Py_ssize_t first;                   /* the row of the buffers that is row 0 of the column */
    int is_large;                       /* 64-bit offsets */
} Column;

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
    if (rows < 0 || column->first < 0 || rows > PY_SSIZE_T_MAX / 16 - column->first - 1 ||
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
    Py_ssize_t rows;
    Column urls;
    Py_buffer challenges; /* a byte a row, `buf` is NULL where all are plain loads */
    Py_buffer out;        /* int32 a row: RARE, or the number of a decision, 0 for no match */
    int32_t *numbers;     /* by 2 * rank + lookalike: the number, 0 where there is none yet */
    int32_t *met;         /* by number: 2 * rank + lookalike */
    int32_t last;         /* number given */
} Batch;

/* Needs no GIL: tables do not change, and the buffers are held. 0, or -1 where data is wrong. */
static int
batch_run(const Index *self, Batch *batch)
{
    const char *challenges = batch->challenges.buf;
    for (Py_ssize_t row = 0; row < batch->rows; row++) {
        const char *url = "";
        Py_ssize_t size = 0;
        int has_url = column_text(&batch->urls, row, &url, &size);
        int32_t number = 0, rank = NO_RANK;
        if (has_url < 0)
            return -1;
        if (has_url)
            rank = find_rank(self, url, size, challenges != NULL && challenges[row]);
        if (rank == NO_RANK || !is_ascii(url, size))
            number = 0;
        else if (rank == RARE || !self->plain)
            number = RARE;
        else {
            int32_t slot = 2 * rank + is_lookalike(self, rank, url, size);
            number = batch->numbers[slot];
            if (number == 0) {
                number = batch->numbers[slot] = ++batch->last;
                batch->met[number] = slot;
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
    PyObject *decisions = PyList_New(batch->last + 1);
    for (int32_t number = 0; decisions != NULL && number <= batch->last; number++) {
        int32_t slot = batch->met[number];
        PyObject *decision = number ? plain_decision(self, slot / 2, slot % 2)
                                    : Py_NewRef(self->no_match);
        if (decision == NULL || PyList_SetItem(decisions, number, decision) < 0)
            Py_CLEAR(decisions);
    }
    return decisions;
}

static int
batch_init(Batch *batch, PyObject *arguments, const Index *self)
{
    PyObject *urls, *challenges, *out;
    if (!PyArg_ParseTuple(arguments, "nOOO", &batch->rows, &urls, &challenges, &out) ||
        column_init(&batch->urls, urls, batch->rows) < 0 ||
        get_buffer(challenges, &batch->challenges) < 0 ||
        PyObject_GetBuffer(out, &batch->out, PyBUF_WRITABLE) < 0)
        return -1;
    if (batch->out.len / 4 < batch->rows ||
        (batch->challenges.buf && batch->challenges.len < batch->rows)) {
        PyErr_SetString(PyExc_ValueError, "a buffer is too short for its rows");
        return -1;
    }
    size_t slots = 2 * (size_t)self->rules + 1;
    size_t most = slots < (size_t)batch->rows ? slots : (size_t)batch->rows;
    batch->numbers = PyMem_Calloc(slots, sizeof *batch->numbers);
    batch->met = PyMem_Calloc(most + 1, sizeof *batch->met);
    if (batch->numbers == NULL || batch->met == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    return 0;
}

PyDoc_STRVAR(route_arrow_doc,
             "route_arrow($self, rows, urls, challenges, out, /)\n--\n\n"
             "Decide about requests without caller and with an unlocked screen.\n\n"
             "Writes the number of each row's decision to `out` and returns the decisions; -1\n"
             "stands where Python must decide. `urls` is (validity, offsets, bytes, first row,\n"
             "is_large) in Arrow's layout; `challenges` (a byte a row, or None) and `out` (int32)\n"
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
    }
    PyBuffer_Release(&batch.urls.validity);
    PyBuffer_Release(&batch.urls.offsets);
    PyBuffer_Release(&batch.urls.bytes);
    PyBuffer_Release(&batch.challenges);
    PyBuffer_Release(&batch.out);
    PyMem_Free(batch.numbers);
    PyMem_Free(batch.met);
    return decisions;
}

/* ---- Type and module -------------------------------------------------------------------------- */

static int
index_traverse(Index *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE((PyObject *)self));
    Py_VISIT(self->watched);
    Py_VISIT(self->ready);
    Py_VISIT(self->no_match);
    Py_VISIT(self->decide);
    Py_VISIT(self->lookalike);
    Py_VISIT(self->ready_for);
    return 0;
}

/* Only what leads back to the index can be part of a cycle; the rest stays for those who still
 * hold one of its methods. */
static int
index_clear(Index *self)
{
    Py_CLEAR(self->decide);
    Py_CLEAR(self->lookalike);
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
    PyBuffer_Release(&self->ends);
    PyBuffer_Release(&self->owners);
    Py_XDECREF(self->watched);
    Py_XDECREF(self->ready);
    Py_XDECREF(self->no_match);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

/* Whether every rank has an end and an owner, and every owner its callers; -1 with an error. */
static int
index_check(Index *self)
{
    const Table *tables[] = {&self->urls, &self->hosts, &self->suffixes};
    int is_right = self->ends.len == self->rules * 4 && self->owners.len == self->rules * 4;
    for (Py_ssize_t rank = 0; is_right && rank < self->rules; rank++) {
        int32_t owner = int32_at(self->owners.buf, rank);
        is_right = owner >= 0 && owner < PyTuple_Size(self->watched);
    }
    for (int table = 0; table < 3; table++)
        for (uint32_t node = 0; is_right && node < tables[table]->count; node++)
            is_right = tables[table]->nodes[node].rank < self->rules;
    for (Py_ssize_t owner = 0; is_right && owner < PyTuple_Size(self->watched); owner++)
        is_right = PyFrozenSet_Check(PyTuple_GetItem(self->watched, owner));
    if (!is_right)
        PyErr_SetString(PyExc_ValueError, "the rules, their owners and decisions do not fit");
    return is_right ? 0 : -1;
}

static PyObject *
index_new(PyTypeObject *type, PyObject *arguments, PyObject *names)
{
    PyObject *urls, *wildcards, *hosts, *suffixes, *ends, *owners, *secret;
    PyObject *watched, *ready, *no_match, *decide, *lookalike, *ready_for;
    int plain;
    if (names != NULL && PyDict_Size(names)) {
        PyErr_SetString(PyExc_TypeError, "Index() takes no keyword arguments");
        return NULL;
    }
    if (!PyArg_ParseTuple(arguments, "SOOOOOOO!O!OOOOp", &secret, &urls, &wildcards, &hosts,
                          &suffixes, &ends, &owners, &PyTuple_Type, &watched, &PyTuple_Type, &ready, &no_match,
                          &decide, &lookalike, &ready_for, &plain))
        return NULL;
    Key key;
    if (PyBytes_Size(secret) != (Py_ssize_t)sizeof key) {
        PyErr_Format(PyExc_ValueError, "the key must have %zu bytes", sizeof key);
        return NULL;
    }
    memcpy(&key, PyBytes_AsString(secret), sizeof key);
    Index *self = (Index *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (self == NULL)
        return NULL;
    self->plain = plain;
    self->rules = PyTuple_Size(ready);
    self->watched = Py_NewRef(watched);
    self->ready = Py_NewRef(ready);
    self->no_match = Py_NewRef(no_match);
    self->decide = Py_NewRef(decide);
    self->lookalike = Py_NewRef(lookalike);
    self->ready_for = Py_NewRef(ready_for);
    if (table_init(&self->urls, urls, &key, 1, 0) < 0 ||
        table_init(&self->wildcards, wildcards, &key, 1, 0) < 0 ||
        table_init(&self->hosts, hosts, &key, 1, 1) < 0 ||
        table_init(&self->suffixes, suffixes, &key, -1, 0) < 0 ||
        PyObject_GetBuffer(ends, &self->ends, PyBUF_SIMPLE) < 0 ||
        PyObject_GetBuffer(owners, &self->owners, PyBUF_SIMPLE) < 0 || index_check(self) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static PyMethodDef index_methods[] = {
    {"route", (PyCFunction)(void (*)(void))index_route, METH_FASTCALL | METH_KEYWORDS, route_doc},
    {"route_many", (PyCFunction)index_route_many, METH_VARARGS, route_many_doc},
    {"route_arrow", (PyCFunction)index_route_arrow, METH_VARARGS, route_arrow_doc},
    {"find_url", (PyCFunction)index_find_url, METH_O, find_url_doc},
    {"find_host", (PyCFunction)index_find_host, METH_O, find_host_doc},
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
    .name = "ssoroute.routing._compiled.Index",
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
