/* The compiled twin of `tables.py` and of the usual way through `index.py`: the same answers, found
 * in bytes.
 *
 * `Tables` finds ranks. `Index` finds the ready decisions about them. A miss allocates nothing and
 * calls nothing. Rare requests (schemes of the system, callers that a payload watches, a locked
 * screen, look-alikes, strict matching) go to the Python code that answers every
 * request. That code may hold the `Tables`, never the `Index`, so the two are no cycle.
 *
 * Rules of this file: the stable ABI of Python 3.11; every allocation is checked; no global state;
 * bytes are read one by one or copied by `memcpy`, so neither alignment nor byte order matters.
 */
#define Py_LIMITED_API 0x030b0000
#include <Python.h>
#include "_compiled_table.h"
#include "_compiled_column.h"
#include "_compiled_globs.h"
#include "_compiled_watched.h"
#include "_compiled_finder.h"
#include "_compiled_numbers.h"
#include "_compiled_decisions.h"

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

/* The host of a URL as `urls.host_text` finds it; NULL if there is none. */
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

/* ---- Tables ---------------------------------------------------------------------------------- */

typedef struct {
    Table urls;  /* URL prefixes without a wildcard */
    Table heads; /* what comes before the first `*` of the others */
    Globs globs; /* what comes after it */
    Table hosts;
    Table suffixes;
} Patterns;

typedef struct {
    PyObject_HEAD
    Patterns patterns;
    Scratch scratch; /* for those who hold the interpreter lock */
} Tables;

static int32_t
find_host_rank(const Patterns *patterns, const char *host, Py_ssize_t size)
{
    int32_t rank = find(&patterns->hosts, text_of(host, size, 1));
    /* without the host's first byte, since a suffix never matches itself */
    int32_t suffix = find(&patterns->suffixes, text_of(host + 1, size - 1, -1));
    return suffix < rank ? suffix : rank;
}

/* The smallest rank among the URL prefixes. */
static inline int32_t
find_url_rank(const Patterns *patterns, Scratch *scratch, const char *url, Py_ssize_t size)
{
    Text text = text_of(url, size, 1);
    int32_t rank = find(&patterns->urls, text);
    if (patterns->heads.count) {
        uint32_t head = find_deepest(&patterns->heads, text);
        if (head != NONE)
            return globs_find(&patterns->globs, scratch, &patterns->heads, head, text, rank);
    }
    return rank;
}

/* The smallest rank that matches; RARE if only Python can find it. */
static inline int32_t
find_rank(const Patterns *patterns, Scratch *scratch, const char *url, Py_ssize_t size,
          int is_challenge)
{
    if (is_special(url, size))
        return RARE;
    if (is_challenge) {
        Py_ssize_t host_size;
        const char *host = host_text(url, size, &host_size);
        return host == NULL ? NO_RANK : find_host_rank(patterns, host, host_size);
    }
    return find_url_rank(patterns, scratch, url, size);
}

PyDoc_STRVAR(find_url_doc, "find_url($self, url, /)\n--\n\n"
                           "The smallest rank among the URL prefixes.");

static PyObject *
tables_find_url(Tables *self, PyObject *url)
{
    Py_ssize_t size;
    const char *bytes = ascii_bytes(url, &size, self->patterns.urls.storage);
    if (bytes == NULL && PyErr_Occurred())
        return NULL;
    return PyLong_FromLong(bytes ? find_url_rank(&self->patterns, &self->scratch, bytes, size) : NO_RANK);
}

PyDoc_STRVAR(find_host_doc, "find_host($self, host, /)\n--\n\n"
                            "The smallest rank among the host patterns.");

static PyObject *
tables_find_host(Tables *self, PyObject *host)
{
    Py_ssize_t size;
    const char *bytes = ascii_bytes(host, &size, self->patterns.urls.storage);
    if (bytes == NULL && PyErr_Occurred())
        return NULL;
    return PyLong_FromLong(bytes && size ? find_host_rank(&self->patterns, bytes, size) : NO_RANK);
}

static void
tables_dealloc(Tables *self)
{
    PyTypeObject *type = Py_TYPE((PyObject *)self);
    table_free(&self->patterns.urls);
    table_free(&self->patterns.heads);
    globs_free(&self->patterns.globs);
    table_free(&self->patterns.hosts);
    table_free(&self->patterns.suffixes);
    scratch_free(&self->scratch);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

PyDoc_STRVAR(tables_doc,
             "Tables(*, key, urls, heads, wildcards, hosts, suffixes)\n--\n\n"
             "Finds the smallest rank that matches.\n\n"
             "A table is a tuple of sorted ASCII strings and a tuple of their ranks. `wildcards` is\n"
             "what `wildcards.py` makes, `key` 56 secret bytes, drawn for these tables alone.");

static PyObject *
tables_new(PyTypeObject *type, PyObject *arguments, PyObject *names)
{
    static char *keywords[] = {"key", "urls", "heads", "wildcards", "hosts", "suffixes", NULL};
    PyObject *secret, *urls, *heads, *wildcards, *hosts, *suffixes;
    Key key;
    if (!PyArg_ParseTupleAndKeywords(arguments, names, "$SOOOOO", keywords, &secret, &urls,
                                     &heads, &wildcards, &hosts, &suffixes))
        return NULL;
    if (PyBytes_Size(secret) != (Py_ssize_t)sizeof key) {
        PyErr_Format(PyExc_ValueError, "the key must have %zu bytes", sizeof key);
        return NULL;
    }
    memcpy(&key, PyBytes_AsString(secret), sizeof key);
    Tables *self = (Tables *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0);
    if (self == NULL)
        return NULL;
    Patterns *patterns = &self->patterns;
    if (table_init(&patterns->urls, urls, &key, FORWARDS, 0) < 0 ||
        table_init(&patterns->heads, heads, &key, FORWARDS, HAS_PLACES) < 0 ||
        globs_init(&patterns->globs, wildcards, patterns->heads.count) < 0 ||
        table_init(&patterns->hosts, hosts, &key, FORWARDS, IS_EXACT) < 0 ||
        table_init(&patterns->suffixes, suffixes, &key, BACKWARDS, 0) < 0 ||
        scratch_init(&self->scratch, &patterns->globs) < 0)
        Py_CLEAR(self);
    return (PyObject *)self;
}

static PyMethodDef tables_methods[] = {
    {"find_url", (PyCFunction)tables_find_url, METH_O, find_url_doc},
    {"find_host", (PyCFunction)tables_find_host, METH_O, find_host_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot tables_slots[] = {
    {Py_tp_doc, (void *)tables_doc},   {Py_tp_new, tables_new}, {Py_tp_dealloc, tables_dealloc},
    {Py_tp_methods, tables_methods}, {0, NULL},
};

static PyType_Spec tables_spec = {
    .name = "ssoroute.routing._compiled.Tables",
    .basicsize = sizeof(Tables),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = tables_slots,
};

/* ---- Index ----------------------------------------------------------------------------------- */

typedef struct {
    PyObject *tables_type;
} ModuleState;

/* What an Index is made of; also the list of its arguments. */
typedef struct {
    PyObject *tables;
    PyObject *ends;    /* int32 a rule: where a longer URL is a look-alike; -1: always; 0: never;
                          only to make an index */
    PyObject *owners;  /* int32 a rule: the number of its payload */
    PyObject *watched; /* a tuple of frozensets by number: callers that can change the decision */
    PyObject *ready;   /* a tuple of the decisions about plain requests by rank */
    PyObject *no_match;
    PyObject *decide;     /* decides about any request */
    PyObject *lookalike;  /* has the decision about a look-alike of a rank */
    PyObject *for_caller; /* has the decision about a rank for a watched caller */
    int plain;            /* whether a rule and its place in the authority make the decision */
} Parts;

/* What most decisions about a rule need, in one line of memory. */
typedef struct {
    int32_t end;      /* as in the parts */
    uint32_t callers; /* the bits of all callers that can change the decision */
} Fact;

typedef struct {
    PyObject_HEAD
    PyObject *zero;       /* the usual response code */
    Fact *facts;          /* by rank */
    Scratch *scratch;     /* that of the tables */
    Parts parts;
    Patterns patterns;    /* those of the tables, nearer */
    Py_ssize_t rules;     /* ranks are below this */
    Py_buffer owners;
    Watched watched; /* as in the parts; made when a visitor first needs them */
} Index;

/* Whether it is a string; without a call if it is not one of a subclass. */
static inline int
is_string(PyObject *object)
{
    return PyUnicode_CheckExact(object) || PyUnicode_Check(object);
}

/* Whether a caller can change the decision about a rule; -1 with an error. */
static inline int
is_watched(const Index *self, int32_t rank, PyObject *caller)
{
    if (PyUnicode_CheckExact(caller)) {
        Py_ssize_t size;
        const char *bytes = ascii_bytes(caller, &size, self->patterns.urls.storage);
        if (bytes != NULL) {
            uint32_t bits = caller_bits(bytes, size);
            if ((self->facts[rank].callers & bits) != bits)
                return 0;
        }
        else if (PyErr_Occurred())
            return -1;
    }
    int32_t owner = int32_at(self->owners.buf, rank);
    return PySet_Contains(PyTuple_GetItem(self->parts.watched, owner), caller);
}

static inline int
is_lookalike(const Index *self, int32_t rank, const char *url, Py_ssize_t size)
{
    int32_t end = self->facts[rank].end;
    if (end <= 0)
        return end < 0;
    return end < size && !ends_authority(url[end]);
}

/* The decision about a plain request; a new reference. */
static PyObject *
plain_decision(Index *self, int32_t rank, int lookalike)
{
    if (lookalike)
        return PyObject_CallFunction(self->parts.lookalike, "i", (int)rank);
    return Py_XNewRef(PyTuple_GetItem(self->parts.ready, rank));
}

/* 1 for a challenge, 0 for a plain load, -1 if only Python can find out. */
static inline int
is_challenge_code(const Index *self, PyObject *code)
{
    if (code == NULL || code == self->zero)
        return 0;
    if (!PyLong_Check(code))
        return -1;
    int overflow;
    long value = PyLong_AsLongAndOverflow(code, &overflow);
    return value == 401 || value == 407;
}

/* What every search for a URL reads first. */
static inline void
prefetch_first(const Index *self)
{
    const char *urls = (const char *)&self->patterns.urls;
    prefetch(&self->zero);
    prefetch(urls);
    prefetch(urls + LINE);
    prefetch(urls + 2 * LINE);
    prefetch(&self->patterns.heads);
    prefetch(self->parts.ready); /* its length, which Python looks at first */
}

enum { URL, CALLER, RESPONSE_CODE, SCREEN_LOCKED, USER_INTERFACE, BACKGROUND, ARGUMENTS };

/* The decision about a request; arguments that were not given are NULL. A new reference. */
static PyObject *
route(Index *self, PyObject *const arguments[ARGUMENTS])
{
    Py_ssize_t size;
    PyObject *url = arguments[URL], *caller = arguments[CALLER];
    int is_challenge = is_challenge_code(self, arguments[RESPONSE_CODE]);
    if (is_challenge >= 0 && is_string(url)) {
        const char *bytes = ascii_bytes(url, &size, self->patterns.urls.storage);
        if (bytes == NULL) /* only ASCII URLs match */
            return PyErr_Occurred() ? NULL : Py_NewRef(self->parts.no_match);
        int32_t rank = find_rank(&self->patterns, self->scratch, bytes, size, is_challenge);
        if (rank == NO_RANK)
            return Py_NewRef(self->parts.no_match);
        PyObject *locked = arguments[SCREEN_LOCKED];
        int has_caller = caller != NULL && caller != Py_None;
        if (rank != RARE && self->parts.plain && (locked == NULL || locked == Py_False) &&
            (!has_caller || is_string(caller))) {
            prefetch(PyTuple_GetItem(self->parts.ready, rank));
            int watched = has_caller ? is_watched(self, rank, caller) : 0;
            if (watched < 0)
                return NULL;
            int lookalike = is_lookalike(self, rank, bytes, size);
            if (watched)
                return PyObject_CallFunction(self->parts.for_caller, "iOO", (int)rank,
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
        self->parts.decide, url, caller ? caller : Py_None, code, locked ? locked : Py_False,
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
    prefetch_first(self);
    if (count > ARGUMENTS)
        return PyErr_Format(PyExc_TypeError, "route() takes from 1 to %d arguments, %zd were given",
                            (int)ARGUMENTS, count);
    for (Py_ssize_t place = 0; place < count; place++) {
        arguments[place] = given[place];
        prefetch((const char *)given[place] + LINE / 2); /* the text is behind the header */
    }
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
            request[URL] == Py_None ? Py_NewRef(self->parts.no_match) : route(self, request);
        if (decision == NULL || PyList_SetItem(decisions, row, decision) < 0) {
            Py_DECREF(decisions);
            return NULL;
        }
    }
    return decisions;
}

#include "_compiled_visitor.h"
#include "_compiled_batch.h"

/* ---- Type and module -------------------------------------------------------------------------- */

static int
index_traverse(Index *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE((PyObject *)self));
    Py_VISIT(self->parts.watched);
    Py_VISIT(self->parts.ready);
    Py_VISIT(self->parts.no_match);
    Py_VISIT(self->parts.decide);
    Py_VISIT(self->parts.lookalike);
    Py_VISIT(self->parts.for_caller);
    return 0;
}

/* Only what may lead back to the index can be part of a cycle. The rest stays for those who still
 * hold one of its methods. */
static int
index_clear(Index *self)
{
    Py_CLEAR(self->parts.decide);
    Py_CLEAR(self->parts.lookalike);
    Py_CLEAR(self->parts.for_caller);
    return 0;
}

static void
index_dealloc(Index *self)
{
    PyTypeObject *type = Py_TYPE((PyObject *)self);
    PyObject_GC_UnTrack(self);
    index_clear(self);
    PyMem_Free(self->facts);
    Py_XDECREF(self->zero);
    PyBuffer_Release(&self->owners);
    watched_free(&self->watched);
    Py_XDECREF(self->parts.tables);
    Py_XDECREF(self->parts.owners);
    Py_XDECREF(self->parts.watched);
    Py_XDECREF(self->parts.ready);
    Py_XDECREF(self->parts.no_match);
    ((freefunc)PyType_GetSlot(type, Py_tp_free))(self);
    Py_DECREF(type);
}

/* Whether every rank has an end and an owner, and every owner its callers; -1 with an error. */
static int
index_check(Index *self)
{
    const Patterns *patterns = &self->patterns;
    const Table *tables[] = {&patterns->urls, &patterns->hosts, &patterns->suffixes};
    const Globs *globs = &patterns->globs;
    PyObject *watched = self->parts.watched;
    int is_right = self->owners.len == self->rules * 4;
    for (Py_ssize_t rank = 0; is_right && rank < self->rules; rank++) {
        int32_t owner = int32_at(self->owners.buf, rank);
        is_right = owner >= 0 && owner < PyTuple_Size(watched);
    }
    for (int table = 0; table < 3; table++)
        for (uint32_t node = 0; is_right && node < tables[table]->count; node++)
            is_right = tables[table]->nodes[node].rank < self->rules;
    for (uint32_t node = 0; is_right && node < globs->nodes; node++)
        is_right = (globs->node[node].rank < self->rules || globs->node[node].rank == NO_RANK) &&
                   (globs->node[node].more < self->rules || globs->node[node].more == NO_RANK);
    for (Py_ssize_t owner = 0; is_right && owner < PyTuple_Size(watched); owner++)
        is_right = PyFrozenSet_Check(PyTuple_GetItem(watched, owner));
    if (!is_right)
        PyErr_SetString(PyExc_ValueError, "the rules, their owners and decisions do not fit");
    return is_right ? 0 : -1;
}

/* The facts out of `ends` and the callers of each owner; 0, or -1 with an error. */
static int
index_facts(Index *self, PyObject *ends)
{
    int32_t last = -1;
    uint32_t bits = 0;
    Py_buffer end;
    if (PyObject_GetBuffer(ends, &end, PyBUF_SIMPLE) < 0)
        return -1;
    self->facts = PyMem_Calloc((size_t)self->rules + 1, sizeof *self->facts);
    if (self->facts == NULL)
        PyErr_NoMemory();
    else if (end.len != self->rules * 4)
        PyErr_SetString(PyExc_ValueError, "the rules and their ends do not fit");
    for (Py_ssize_t rank = 0; rank < self->rules && !PyErr_Occurred(); rank++) {
        int32_t owner = int32_at(self->owners.buf, rank);
        /* the rules of an owner follow each other */
        if (owner == last || set_bits(PyTuple_GetItem(self->parts.watched, owner), &bits) == 0)
            self->facts[rank] = (Fact){int32_at(end.buf, rank), bits};
        last = owner;
    }
    PyBuffer_Release(&end);
    return PyErr_Occurred() ? -1 : 0;
}

/* Has the facts and the decisions read ahead. The stable ABI does not say where a tuple has its
 * items; nothing but speed depends on it. */
static void
index_ahead(Index *self)
{
    PyObject *size = PyObject_GetAttrString((PyObject *)&PyTuple_Type, "__basicsize__");
    Py_ssize_t header = size == NULL ? -1 : PyLong_AsSsize_t(size);
    Py_XDECREF(size);
    PyErr_Clear();
    Table *tables[] = {&self->patterns.urls, &self->patterns.hosts, &self->patterns.suffixes};
    for (int table = 0; table < 3; table++) {
        tables[table]->facts = (uintptr_t)self->facts;
        tables[table]->decisions = (uintptr_t)self->parts.ready + (uintptr_t)header;
    }
}

PyDoc_STRVAR(index_doc,
             "Index(*, tables, ends, owners, watched, ready, no_match, decide, lookalike,\n"
             "      for_caller, plain)\n--\n\n"
             "Finds the decision about a request.");

static PyObject *
index_new(PyTypeObject *type, PyObject *arguments, PyObject *names)
{
    static char *keywords[] = {"tables",   "ends",   "owners",    "watched",    "ready",
                               "no_match", "decide", "lookalike", "for_caller", "plain", NULL};
    Parts parts;
    const ModuleState *state = PyType_GetModuleState(type);
    if (state == NULL)
        return NULL;
    int is_right = PyArg_ParseTupleAndKeywords(
        arguments, names, "$O!OOO!O!OOOOp", keywords, state->tables_type, &parts.tables, &parts.ends,
        &parts.owners, &PyTuple_Type, &parts.watched, &PyTuple_Type, &parts.ready, &parts.no_match,
        &parts.decide, &parts.lookalike, &parts.for_caller, &parts.plain);
    Index *self = is_right ? (Index *)((allocfunc)PyType_GetSlot(type, Py_tp_alloc))(type, 0) : NULL;
    if (self == NULL)
        return NULL;
    self->parts = parts;
    self->parts.ends = NULL;
    Py_INCREF(parts.tables);
    Py_INCREF(parts.owners);
    Py_INCREF(parts.watched);
    Py_INCREF(parts.ready);
    Py_INCREF(parts.no_match);
    Py_INCREF(parts.decide);
    Py_INCREF(parts.lookalike);
    Py_INCREF(parts.for_caller);
    self->patterns = ((Tables *)parts.tables)->patterns;
    self->scratch = &((Tables *)parts.tables)->scratch;
    self->rules = PyTuple_Size(parts.ready);
    self->zero = PyLong_FromLong(0);
    if (PyObject_GetBuffer(parts.owners, &self->owners, PyBUF_SIMPLE) < 0 ||
        index_check(self) < 0 || index_facts(self, parts.ends) < 0)
        Py_CLEAR(self);
    else
        index_ahead(self);
    return (PyObject *)self;
}

static PyMethodDef index_methods[] = {
    {"route", (PyCFunction)(void (*)(void))index_route, METH_FASTCALL | METH_KEYWORDS, route_doc},
    {"route_many", (PyCFunction)index_route_many, METH_VARARGS, route_many_doc},
    {"route_arrow", (PyCFunction)index_route_arrow, METH_VARARGS, route_arrow_doc},
    {"finder", (PyCFunction)index_finder, METH_NOARGS, finder_doc},
    {NULL, NULL, 0, NULL},
};

static PyType_Slot index_slots[] = {
    {Py_tp_doc, (void *)index_doc},
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

static PyMethodDef module_methods[] = {
    {"spread", spread, METH_VARARGS, spread_doc},
    {NULL, NULL, 0, NULL},
};

static int
module_exec(PyObject *module)
{
    ModuleState *state = PyModule_GetState(module);
    state->tables_type = PyType_FromModuleAndSpec(module, &tables_spec, NULL);
    if (state->tables_type == NULL ||
        PyModule_AddType(module, (PyTypeObject *)state->tables_type) < 0)
        return -1;
    PyObject *type = PyType_FromModuleAndSpec(module, &index_spec, NULL);
    int added = type == NULL ? -1 : PyModule_AddType(module, (PyTypeObject *)type);
    Py_XDECREF(type);
    return added;
}

static int
module_traverse(PyObject *module, visitproc visit, void *arg)
{
    ModuleState *state = PyModule_GetState(module);
    if (state != NULL)
        Py_VISIT(state->tables_type);
    return 0;
}

static int
module_clear(PyObject *module)
{
    ModuleState *state = PyModule_GetState(module);
    if (state != NULL)
        Py_CLEAR(state->tables_type);
    return 0;
}

static void
module_free(void *module)
{
    module_clear(module);
}

/* Python 3.12 asks whether a module works in interpreters that have a lock of their own, as this
 * one does: all it has is in the state of the module or in objects. The stable ABI of 3.11 has no
 * name for the slot, and 3.11 refuses a slot that it does not know, so it is given by number, and
 * only to a Python that knows it. */
#define SLOT_MULTIPLE_INTERPRETERS 3
#define PER_INTERPRETER_LOCK ((void *)2)

static PyModuleDef_Slot module_slots[] = {
    {Py_mod_exec, module_exec},
    {0, NULL},
};

static PyModuleDef_Slot module_slots_3_12[] = {
    {Py_mod_exec, module_exec},
    {SLOT_MULTIPLE_INTERPRETERS, PER_INTERPRETER_LOCK},
    {0, NULL},
};

#define MODULE_DEF(slots)                                                                          \
    {                                                                                              \
        PyModuleDef_HEAD_INIT, .m_name = "_compiled",                                              \
        .m_doc = "The compiled twin of the tables in `tables.py`.", .m_size = sizeof(ModuleState),       \
        .m_methods = module_methods, .m_slots = slots, .m_traverse = module_traverse,              \
        .m_clear = module_clear, .m_free = module_free,                                            \
    }

static struct PyModuleDef module_def = MODULE_DEF(module_slots);
static struct PyModuleDef module_def_3_12 = MODULE_DEF(module_slots_3_12);

PyMODINIT_FUNC
PyInit__compiled(void)
{
    return PyModuleDef_Init(Py_Version >= 0x030C0000 ? &module_def_3_12 : &module_def);
}
