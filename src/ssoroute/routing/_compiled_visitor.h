/* Visitor: a search in the index by somebody who does not hold the interpreter lock, and the finder
 * by which another module gets one.
 */
typedef struct {
    const Index *index;
    Scratch scratch;
} Visitor;

static void
visitor_end(void *state)
{
    scratch_free(&((Visitor *)state)->scratch);
    PyMem_Free(state);
}

static void *
visitor_begin(PyObject *index)
{
    Index *self = (Index *)index;
    Visitor *visitor = PyMem_Calloc(1, sizeof *visitor);
    if (visitor == NULL)
        return PyErr_NoMemory();
    if (self->watched.callers == NULL && watched_init(&self->watched, self->parts.watched) < 0) {
        PyMem_Free(visitor);
        return NULL;
    }
    visitor->index = self;
    if (scratch_init(&visitor->scratch, &self->patterns.globs) < 0) {
        visitor_end(visitor);
        return NULL;
    }
    return visitor;
}

static inline int32_t
visitor_found(const Index *self, int32_t rank, const char *url, Py_ssize_t size)
{
    if (rank == NO_RANK)
        return NOT_FOUND;
    if (rank == RARE || !self->parts.plain)
        return FOUND_RARE;
    return 1 + 2 * rank + is_lookalike(self, rank, url, size);
}

static int32_t
visitor_find(void *state, const char *url, Py_ssize_t size, const char *host, Py_ssize_t host_size)
{
    Visitor *visitor = state;
    const Index *self = visitor->index;
    int32_t rank = host ? find_host_rank(&self->patterns, host, host_size)
                        : find_url_rank(&self->patterns, &visitor->scratch, url, size);
    return visitor_found(self, rank, url, size);
}

static int32_t
visitor_watches(const void *state, int32_t found, const char *caller, Py_ssize_t size)
{
    const Index *self = ((const Visitor *)state)->index;
    int32_t owner = int32_at(self->owners.buf, (found - 1) / 2);
    return watched_place(&self->watched, owner, caller, size);
}

static PyObject *
visitor_watched(PyObject *index, int32_t number)
{
    return Py_NewRef(((Index *)index)->watched.callers[number].text);
}

static PyObject *
visitor_decision(PyObject *index, int32_t found, int32_t watched)
{
    Index *self = (Index *)index;
    int32_t rank = (found - 1) / 2;
    int lookalike = found_lookalike(found);
    if (watched == NOT_WATCHED)
        return plain_decision(self, rank, lookalike);
    return PyObject_CallFunction(self->parts.for_caller, "iOO", (int)rank,
                                 lookalike ? Py_True : Py_False,
                                 self->watched.callers[watched].text);
}

static void
finder_free(PyObject *capsule)
{
    Finder *finder = PyCapsule_GetPointer(capsule, FINDER_CAPSULE);
    if (finder == NULL)
        return;
    Py_DECREF(finder->index);
    PyMem_Free(finder);
}

PyDoc_STRVAR(finder_doc, "finder($self, /)\n--\n\n"
                         "What `ssoroute.replay._scan` finds rules with, as a capsule.");

static PyObject *
index_finder(Index *self, PyObject *Py_UNUSED(nothing))
{
    Finder *finder = PyMem_Calloc(1, sizeof *finder);
    if (finder == NULL)
        return PyErr_NoMemory();
    *finder = (Finder){
        .index = Py_NewRef((PyObject *)self),
        .most = 2 * self->rules,
        .begin = visitor_begin,
        .end = visitor_end,
        .find = visitor_find,
        .watches = visitor_watches,
        .watched = visitor_watched,
        .decision = visitor_decision,
    };
    PyObject *capsule = PyCapsule_New(finder, FINDER_CAPSULE, finder_free);
    if (capsule == NULL) {
        Py_DECREF(finder->index);
        PyMem_Free(finder);
    }
    return capsule;
}
