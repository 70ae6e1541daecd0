/* Batch: many requests in Arrow's layout, answered by the index without the interpreter lock. */

typedef struct {
    Py_ssize_t rows, rare; /* all, and those that Python must decide */
    Texts urls, callers;   /* `column.offsets.buf` is NULL if there are no callers */
    Scalars codes, locked;
    int32_t *kept; /* by 2 * index + challenge: what was found for a URL of a dictionary, or UNKNOWN */
    Py_buffer out; /* int32 a row: RARE, or the number of a decision */
    Numbers numbers;
    Visitor *visitor;
} Batch;

#define UNKNOWN INT32_MIN
#define WRONG (-2)  /* a column is damaged */
#define FAILED (-3) /* no memory */

/* What is found for a URL; WRONG if data is wrong. */
static inline int32_t
batch_look(const Batch *batch, Py_ssize_t place, int is_challenge)
{
    const char *url = "";
    Py_ssize_t size = 0;
    int has_url = texts_text(&batch->urls, place, &url, &size);
    if (has_url <= 0)
        return has_url < 0 ? WRONG : NOT_FOUND;
    Visitor *visitor = batch->visitor;
    int32_t rank = find_rank(&visitor->index->patterns, &visitor->scratch, url, size, is_challenge);
    int32_t found = visitor_found(visitor->index, rank, url, size);
    return found == NOT_FOUND || !is_ascii(url, size) ? NOT_FOUND : found;
}

static inline int32_t
batch_found(const Batch *batch, Py_ssize_t row, int is_challenge)
{
    Py_ssize_t place = texts_place(&batch->urls, row);
    if (place < 0 || batch->kept == NULL)
        return batch_look(batch, place, is_challenge);
    int32_t *kept = &batch->kept[2 * place + is_challenge];
    if (*kept == UNKNOWN)
        *kept = batch_look(batch, place, is_challenge);
    return *kept;
}

/* The number of the decision about a row for which a rule was found: RARE, WRONG, FAILED. */
static inline int32_t
batch_matched(Batch *batch, Py_ssize_t row, int32_t found)
{
    int32_t watched = NOT_WATCHED, number;
    if (is_true_at(&batch->locked, row))
        return RARE;
    if (batch->callers.column.offsets.buf != NULL) {
        const char *caller = "";
        Py_ssize_t size = 0, place = texts_place(&batch->callers, row);
        int has_caller = texts_text(&batch->callers, place, &caller, &size);
        if (has_caller < 0)
            return WRONG;
        if (!is_ascii(caller, size))
            return RARE;
        if (has_caller)
            watched = visitor_watches(batch->visitor, found, caller, size);
    }
    number = number_of(&batch->numbers, found, watched);
    return number < 0 ? FAILED : number;
}

/* Needs no lock: tables do not change, and the buffers are held. 0, WRONG or FAILED. */
static int
batch_run(Batch *batch)
{
    for (Py_ssize_t row = 0; row < batch->rows; row++) {
        int32_t number = batch_found(batch, row, is_challenge_at(&batch->codes, row));
        if (number > 0)
            number = batch_matched(batch, row, number);
        if (number < RARE)
            return number;
        batch->rare += number == RARE;
        memcpy((char *)batch->out.buf + row * 4, &number, 4);
    }
    return 0;
}

/* The place of an object in a list, to whose end it is added if it is not there; -1 with an error.
 * `places` has the places by the address of the objects. */
static Py_ssize_t
place_in(PyObject *list, PyObject *places, PyObject *object)
{
    Py_ssize_t place = -1;
    PyObject *address = PyLong_FromVoidPtr(object);
    PyObject *known = address ? PyDict_GetItemWithError(places, address) : NULL;
    if (known != NULL)
        place = PyLong_AsSsize_t(known);
    else if (!PyErr_Occurred()) {
        place = PyList_Size(list);
        PyObject *number = PyLong_FromSsize_t(place);
        if (number == NULL || PyDict_SetItem(places, address, number) < 0 ||
            PyList_Append(list, object) < 0)
            place = -1;
        Py_XDECREF(number);
    }
    Py_XDECREF(address);
    return place;
}

/* The different decisions. Several callers may share one: then `out` gets the number of the first. */
static PyObject *
batch_decisions(Index *self, const Batch *batch)
{
    int32_t last = batch->numbers.last;
    PyObject *decisions = PyList_New(0), *places = PyDict_New();
    int32_t *number_of_decision = PyMem_Calloc((size_t)last + 1, sizeof *number_of_decision);
    int failed = decisions == NULL || places == NULL || number_of_decision == NULL;
    if (number_of_decision == NULL)
        PyErr_NoMemory();
    for (int32_t number = 0; !failed && number <= last; number++) {
        const Met *met = &batch->numbers.met[number];
        PyObject *decision = number ? visitor_decision((PyObject *)self, met->found, met->watched)
                                    : Py_NewRef(self->parts.no_match);
        Py_ssize_t place = decision ? place_in(decisions, places, decision) : -1;
        Py_XDECREF(decision);
        failed = place < 0;
        number_of_decision[number] = (int32_t)place;
    }
    if (!failed && PyList_Size(decisions) <= last)
        for (Py_ssize_t row = 0; row < batch->rows; row++) {
            int32_t number = int32_at(batch->out.buf, row);
            if (number > 0)
                memcpy((char *)batch->out.buf + row * 4, &number_of_decision[number], 4);
        }
    if (failed)
        Py_CLEAR(decisions);
    Py_XDECREF(places);
    PyMem_Free(number_of_decision);
    return decisions;
}

static int
batch_init(Batch *batch, PyObject *arguments, Index *self)
{
    PyObject *urls, *callers, *codes, *locked, *out;
    if (!PyArg_ParseTuple(arguments, "nOOOOO", &batch->rows, &urls, &callers, &codes, &locked, &out))
        return -1;
    if (texts_init(&batch->urls, urls, batch->rows) < 0 ||
        (callers != Py_None && texts_init(&batch->callers, callers, batch->rows) < 0) ||
        scalars_init(&batch->codes, codes, batch->rows, INTEGERS) < 0 ||
        scalars_init(&batch->locked, locked, batch->rows, BITS) < 0 ||
        PyObject_GetBuffer(out, &batch->out, PyBUF_WRITABLE) < 0)
        return -1;
    if (batch->out.len / 4 < batch->rows) {
        PyErr_SetString(PyExc_ValueError, "a buffer is too short for its rows");
        return -1;
    }
    int is_encoded = has_dictionary(&batch->urls);
    if (is_encoded) {
        size_t count = 2 * (size_t)batch->urls.count;
        batch->kept = PyMem_Malloc((count + 1) * sizeof *batch->kept);
        for (size_t place = 0; batch->kept && place < count; place++)
            batch->kept[place] = UNKNOWN;
    }
    if (numbers_init(&batch->numbers, 2 * self->rules, self->patterns.urls.key.numbers) < 0 ||
        (is_encoded && batch->kept == NULL)) {
        PyErr_NoMemory();
        return -1;
    }
    batch->visitor = visitor_begin((PyObject *)self);
    return batch->visitor ? 0 : -1;
}

PyDoc_STRVAR(route_arrow_doc,
             "route_arrow($self, rows, urls, callers, codes, locked, out, /)\n--\n\n"
             "Decide about the rows of a batch; the decisions, and how many rows are left.\n\n"
             "Writes the number of each row's decision to `out`; -1 means that Python must decide.\n"
             "`urls` and `callers` are (column, indices, count): a column is (validity, offsets,\n"
             "bytes, first row, layout) as Arrow has it, with the layout 0 for offsets of 32 bits,\n"
             "1 for 64 bits, and 2 for views, which have a tuple of buffers in place of `bytes`.\n"
             "`indices`, `codes` and `locked` are (validity, values, first row, bytes of an integer or\n"
             "0 for bits). With `indices`, a row has that one of the `count` strings. All but `urls`\n"
             "and `out` may be None. ValueError for wrong ones.");

static PyObject *
index_route_arrow(Index *self, PyObject *arguments)
{
    Batch batch;
    PyObject *result = NULL;
    memset(&batch, 0, sizeof batch);
    if (batch_init(&batch, arguments, self) == 0) {
        int status;
        Py_BEGIN_ALLOW_THREADS
        status = batch_run(&batch);
        Py_END_ALLOW_THREADS
        if (status == WRONG)
            PyErr_SetString(PyExc_ValueError, "the offsets of a column are wrong");
        else if (status == FAILED)
            PyErr_NoMemory();
        else {
            PyObject *decisions = batch_decisions(self, &batch);
            if (decisions != NULL)
                result = Py_BuildValue("Nn", decisions, batch.rare);
        }
    }
    if (batch.visitor != NULL)
        visitor_end(batch.visitor);
    texts_free(&batch.urls);
    texts_free(&batch.callers);
    scalars_free(&batch.codes);
    scalars_free(&batch.locked);
    PyBuffer_Release(&batch.out);
    numbers_free(&batch.numbers);
    PyMem_Free(batch.kept);
    return result;
}
