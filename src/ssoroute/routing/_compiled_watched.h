/* Watched: the callers that each payload watches, in an order in which they are found by bytes.
 *
 * Only ASCII callers are in it. The index asks Python's sets, unless the bits of a caller tell that
 * it is in none; this table serves those who do not hold the interpreter lock.
 */
#include <stdlib.h>

/* Two bits of 32 for a caller. Somebody may choose callers that share them, which costs a look at
 * the set. */
static inline uint32_t
caller_bits(const char *caller, Py_ssize_t size)
{
    uint64_t hash = (uint64_t)size, word = 0;
    for (; size >= 8; caller += 8, size -= 8) {
        memcpy(&word, caller, 8);
        hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
        hash ^= hash >> 32;
    }
    word = 0;
    memcpy(&word, caller, (size_t)size);
    hash = (hash ^ word) * UINT64_C(0x9E3779B97F4A7C15);
    return UINT32_C(1) << (hash >> 59) | UINT32_C(1) << (hash >> 54 & 31);
}

/* The bits of all callers of a set; those of a caller that is not ASCII are all. 0, or -1 with an
 * error. */
static int
set_bits(PyObject *set, uint32_t *bits)
{
    PyObject *callers = PySequence_List(set);
    Py_ssize_t count = callers == NULL ? 0 : PyList_Size(callers), size;
    *bits = 0;
    for (Py_ssize_t place = 0; place < count && !PyErr_Occurred(); place++) {
        PyObject *caller = PyList_GetItem(callers, place);
        const char *bytes = PyUnicode_CheckExact(caller) ? ascii_bytes(caller, &size, NO_STORAGE) : NULL;
        *bits |= bytes == NULL ? UINT32_MAX : caller_bits(bytes, size);
    }
    Py_XDECREF(callers);
    return PyErr_Occurred() ? -1 : 0;
}

typedef struct {
    PyObject *text; /* borrowed from the sets */
    const char *bytes;
    Py_ssize_t size;
} Caller;

typedef struct {
    Caller *callers;   /* those of one set behind those of another */
    Py_ssize_t *first; /* by owner: where its set begins */
    Py_ssize_t *count; /* by owner */
    Py_ssize_t owners;
} Watched;

static int
caller_order(const void *one, const void *other)
{
    const Caller *a = one, *b = other;
    size_t size = (size_t)(a->size < b->size ? a->size : b->size);
    int order = memcmp(a->bytes, b->bytes, size);
    return order ? order : (a->size > b->size) - (a->size < b->size);
}

static void
watched_free(Watched *watched)
{
    PyMem_Free(watched->callers);
    PyMem_Free(watched->first);
    PyMem_Free(watched->count);
    memset(watched, 0, sizeof *watched);
}

/* Adds the callers of a set behind `end`; the new end, or -1 with an error. */
static Py_ssize_t
watched_add(Watched *watched, PyObject *set, Py_ssize_t end)
{
    PyObject *items = PySequence_List(set);
    Py_ssize_t first = end, count = items == NULL ? 0 : PyList_Size(items);
    for (Py_ssize_t place = 0; items != NULL && place < count; place++) {
        PyObject *text = PyList_GetItem(items, place);
        Py_ssize_t size = 0;
        const char *bytes = PyUnicode_Check(text) ? ascii_bytes(text, &size, NO_STORAGE) : NULL;
        if (bytes != NULL)
            watched->callers[end++] = (Caller){text, bytes, size};
        else if (PyErr_Occurred())
            Py_CLEAR(items);
    }
    if (items == NULL)
        return -1;
    Py_DECREF(items); /* the set holds the texts */
    qsort(watched->callers + first, (size_t)(end - first), sizeof(Caller), caller_order);
    return end;
}

/* Of a tuple of frozensets by owner; equal sets stand there once. 0, or -1 with an error. */
static int
watched_init(Watched *watched, PyObject *sets)
{
    Py_ssize_t owners = PyTuple_Size(sets), end = 0, room = 1;
    PyObject *places = PyDict_New();
    for (Py_ssize_t owner = 0; owner < owners; owner++)
        room += PySet_Size(PyTuple_GetItem(sets, owner));
    watched->callers = PyMem_Calloc((size_t)room, sizeof *watched->callers);
    watched->first = PyMem_Calloc((size_t)owners + 1, sizeof *watched->first);
    watched->count = PyMem_Calloc((size_t)owners + 1, sizeof *watched->count);
    watched->owners = owners;
    if (places == NULL || !watched->callers || !watched->first || !watched->count) {
        PyErr_NoMemory();
        goto failed;
    }
    for (Py_ssize_t owner = 0; owner < owners; owner++) {
        PyObject *set = PyTuple_GetItem(sets, owner), *known = PyDict_GetItemWithError(places, set);
        if (known == NULL) {
            if (PyErr_Occurred())
                goto failed;
            watched->first[owner] = end;
            end = watched_add(watched, set, end);
            PyObject *place = end < 0 ? NULL : PyLong_FromSsize_t(owner);
            int failed = place == NULL || PyDict_SetItem(places, set, place) < 0;
            Py_XDECREF(place);
            if (failed)
                goto failed;
            watched->count[owner] = end - watched->first[owner];
        }
        else {
            Py_ssize_t same = PyLong_AsSsize_t(known);
            watched->first[owner] = watched->first[same];
            watched->count[owner] = watched->count[same];
        }
    }
    Py_DECREF(places);
    return 0;
failed:
    Py_XDECREF(places);
    watched_free(watched);
    return -1;
}

/* The place of a caller among all, -1 if its owner does not watch it. */
static int32_t
watched_place(const Watched *watched, int32_t owner, const char *caller, Py_ssize_t size)
{
    Caller wanted = {NULL, caller, size};
    const Caller *found = bsearch(&wanted, watched->callers + watched->first[owner],
                                  (size_t)watched->count[owner], sizeof wanted, caller_order);
    return found == NULL ? -1 : (int32_t)(found - watched->callers);
}
