/* Batch: many requests in Arrow's layout, answered by the index without the interpreter lock. */
typedef struct {
    Py_ssize_t rows;
    Column urls;
    Py_buffer indices;    /* int32 a row: which of `urls` it has, -1 for none; or `buf` is NULL */
    Py_ssize_t texts;     /* how many `urls` has */
    int32_t *kept;        /* by 2 * index + challenge: the number that was found, or UNKNOWN */
    Py_buffer challenges; /* a byte a row, `buf` is NULL if all are plain loads */
    Py_buffer out;        /* int32 a row: RARE, or the number of a decision, 0 for no match */
    int32_t *numbers;     /* by 2 * rank + lookalike: the number, 0 if there is none yet */
    int32_t *met;         /* by number: 2 * rank + lookalike */
    int32_t last;         /* number given */
    Scratch scratch;
} Batch;

#define UNKNOWN INT32_MIN

/* The number of the decision about one text; -1 or more, or UNKNOWN if data is wrong. */
static inline int32_t
batch_number(const Index *self, Batch *batch, Py_ssize_t place, int is_challenge)
{
    const char *url = "";
    Py_ssize_t size = 0;
    int has_url = column_text(&batch->urls, place, &url, &size);
    int32_t rank = NO_RANK;
    if (has_url < 0)
        return UNKNOWN;
    if (has_url)
        rank = find_rank(self->tables, &batch->scratch, url, size, is_challenge);
    if (rank == NO_RANK || !is_ascii(url, size))
        return 0;
    if (rank == RARE || !self->parts.plain)
        return RARE;
    int32_t slot = 2 * rank + is_lookalike(self, rank, url, size);
    if (batch->numbers[slot] == 0) {
        batch->numbers[slot] = ++batch->last;
        batch->met[batch->last] = slot;
    }
    return batch->numbers[slot];
}

/* Needs no lock: tables do not change, and the buffers are held. 0, or -1 if data is wrong. */
static int
batch_run(const Index *self, Batch *batch)
{
    const char *challenges = batch->challenges.buf;
    for (Py_ssize_t row = 0; row < batch->rows; row++) {
        int is_challenge = challenges != NULL && challenges[row];
        int32_t number;
        if (batch->indices.buf == NULL)
            number = batch_number(self, batch, row, is_challenge);
        else {
            int32_t index = int32_at(batch->indices.buf, row);
            if (index < -1 || index >= batch->texts)
                return -1;
            int32_t *kept = index < 0 ? NULL : &batch->kept[2 * (Py_ssize_t)index + is_challenge];
            if (kept != NULL && *kept == UNKNOWN)
                *kept = batch_number(self, batch, index, is_challenge);
            number = kept == NULL ? 0 : *kept;
        }
        if (number == UNKNOWN)
            return -1;
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
                                    : Py_NewRef(self->parts.no_match);
        if (decision == NULL || PyList_SetItem(decisions, number, decision) < 0)
            Py_CLEAR(decisions);
    }
    return decisions;
}

static int
batch_init(Batch *batch, PyObject *arguments, const Index *self)
{
    PyObject *urls, *challenges, *out, *indices = Py_None;
    if (!PyArg_ParseTuple(arguments, "nOOO|On", &batch->rows, &urls, &challenges, &out, &indices,
                          &batch->texts))
        return -1;
    if (indices == Py_None)
        batch->texts = batch->rows;
    if (column_init(&batch->urls, urls, batch->texts) < 0 ||
        get_buffer(challenges, &batch->challenges) < 0 ||
        get_buffer(indices, &batch->indices) < 0 ||
        PyObject_GetBuffer(out, &batch->out, PyBUF_WRITABLE) < 0)
        return -1;
    if (batch->rows < 0 || batch->out.len / 4 < batch->rows ||
        (batch->indices.buf && batch->indices.len / 4 < batch->rows) ||
        (batch->challenges.buf && batch->challenges.len < batch->rows)) {
        PyErr_SetString(PyExc_ValueError, "a buffer is too short for its rows");
        return -1;
    }
    size_t slots = 2 * (size_t)self->rules + 1;
    size_t most = slots < (size_t)batch->rows ? slots : (size_t)batch->rows;
    batch->numbers = PyMem_Calloc(slots, sizeof *batch->numbers);
    batch->met = PyMem_Calloc(most + 1, sizeof *batch->met);
    if (batch->indices.buf) {
        batch->kept = PyMem_Malloc((2 * (size_t)batch->texts + 1) * sizeof *batch->kept);
        for (Py_ssize_t place = 0; batch->kept && place < 2 * batch->texts; place++)
            batch->kept[place] = UNKNOWN;
    }
    if (batch->numbers == NULL || batch->met == NULL || (batch->indices.buf && !batch->kept)) {
        PyErr_NoMemory();
        return -1;
    }
    return scratch_init(&batch->scratch, &self->tables->globs);
}

PyDoc_STRVAR(route_arrow_doc,
             "route_arrow($self, rows, urls, challenges, out, indices=None, texts=0, /)\n--\n\n"
             "Decide about requests without caller and with an unlocked screen.\n\n"
             "Writes the number of each row's decision to `out` and returns the decisions; -1\n"
             "means that Python must decide. `urls` is (validity, offsets, bytes, first row,\n"
             "layout) as Arrow has it: the layout is 0 for offsets of 32 bits, 1 for 64 bits, and\n"
             "2 for views, with a tuple of buffers in place of `bytes`. `challenges` (a byte a\n"
             "row, or None), `out` and `indices` (int32) are buffers. With `indices`, a row has\n"
             "that one of the `texts` URLs, -1 is none. ValueError for wrong ones.");

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
    column_free(&batch.urls);
    PyBuffer_Release(&batch.indices);
    PyBuffer_Release(&batch.challenges);
    PyBuffer_Release(&batch.out);
    PyMem_Free(batch.numbers);
    PyMem_Free(batch.met);
    PyMem_Free(batch.kept);
    scratch_free(&batch.scratch);
    return decisions;
}

