/* Arrow: the requests of a record batch, read in place.
 *
 * Nothing that the buffers say is believed: their lengths are held against the number of rows, and
 * every pair of offsets against the text.
 */
typedef struct {
    Py_buffer validity, values, text; /* `buf` is NULL if there is none */
    Py_ssize_t first;                 /* the row of the buffers that is row 0 */
    Py_ssize_t width;                 /* bytes of an integer; 0 for bits */
} ArrowColumn;

typedef struct {
    ArrowColumn urls, callers, codes, locked;
} Requests;

static int
optional_buffer(PyObject *object, Py_buffer *buffer)
{
    return object == Py_None ? 0 : PyObject_GetBuffer(object, buffer, PyBUF_SIMPLE);
}

static void
arrow_free(ArrowColumn *column)
{
    PyBuffer_Release(&column->validity);
    PyBuffer_Release(&column->values);
    PyBuffer_Release(&column->text);
}

enum { TEXTS, INTEGERS, BITS }; /* texts have offsets of four bytes */

static inline int
has_width_of(const ArrowColumn *column, int kind)
{
    Py_ssize_t width = column->width;
    return kind == TEXTS ? width == 4
        : kind == BITS ? width == 0
                       : width == 1 || width == 2 || width == 4 || width == 8;
}

/* A column of (first row, width, validity, values, text) for so many rows; None is no column.
 * 0, or -1 with an error. */
static int
arrow_init(ArrowColumn *column, PyObject *parts, Py_ssize_t rows, int kind)
{
    PyObject *validity, *values, *text;
    if (parts == Py_None)
        return 0;
    if (!PyTuple_Check(parts)) {
        PyErr_SetString(PyExc_TypeError, "a column must be a tuple");
        return -1;
    }
    if (!PyArg_ParseTuple(parts, "nnOOO", &column->first, &column->width, &validity, &values, &text)
        || optional_buffer(validity, &column->validity) < 0
        || PyObject_GetBuffer(values, &column->values, PyBUF_SIMPLE) < 0
        || optional_buffer(text, &column->text) < 0)
        return -1;
    Py_ssize_t last = column->first + rows, room = column->values.len;
    if (column->first < 0 || !has_width_of(column, kind)
        || rows > PY_SSIZE_T_MAX / 16 - column->first
        || (column->validity.buf && column->validity.len < (last + 7) / 8)
        || (rows && (column->width ? room / column->width < last + (kind == TEXTS) : room < (last + 7) / 8))) {
        PyErr_SetString(PyExc_ValueError, "a column is too short for its rows");
        return -1;
    }
    return 0;
}

static void
requests_free(Requests *requests)
{
    arrow_free(&requests->urls);
    arrow_free(&requests->callers);
    arrow_free(&requests->codes);
    arrow_free(&requests->locked);
}

static int
requests_init(Requests *requests, Py_ssize_t rows, PyObject *urls, PyObject *callers,
              PyObject *codes, PyObject *locked)
{
    if (arrow_init(&requests->urls, urls, rows, TEXTS) < 0
        || arrow_init(&requests->callers, callers, rows, TEXTS) < 0
        || arrow_init(&requests->codes, codes, rows, INTEGERS) < 0
        || arrow_init(&requests->locked, locked, rows, BITS) < 0)
        return -1;
    return 0;
}

static inline int
bit_at(const Py_buffer *bits, Py_ssize_t place)
{
    return ((const byte *)bits->buf)[place / 8] >> place % 8 & 1;
}

static inline int
is_valid(const ArrowColumn *column, Py_ssize_t row)
{
    return column->validity.buf == NULL || bit_at(&column->validity, column->first + row);
}

/* Whether a row has a text; -1 if its offsets are wrong. */
static inline int
text_at(const ArrowColumn *column, Py_ssize_t row, const byte **text, Py_ssize_t *size)
{
    int32_t offset[2];
    if (!is_valid(column, row))
        return 0;
    memcpy(offset, (const byte *)column->values.buf + 4 * (column->first + row), sizeof offset);
    if (offset[0] < 0 || offset[1] < offset[0] || offset[1] > column->text.len)
        return -1;
    *text = (const byte *)column->text.buf + offset[0];
    *size = offset[1] - offset[0];
    return 1;
}

static inline int
is_challenge_at(const ArrowColumn *column, Py_ssize_t row)
{
    uint64_t code = 0;
    const byte *value = (const byte *)column->values.buf + column->width * (column->first + row);
    if (!is_valid(column, row))
        return 0;
    switch (column->width) { /* the code fits into the first two bytes, or there is more */
    case 2: { uint16_t two; memcpy(&two, value, 2); code = two; break; }
    case 4: { uint32_t four; memcpy(&four, value, 4); code = four; break; }
    case 8: memcpy(&code, value, 8); break;
    default: break; /* no code of a challenge fits into a byte */
    }
    return code == 401 || code == 407;
}

/* The request of a row: 1, 0 if only Python can read it, -1 if the offsets are wrong. */
static inline int
request_at(const Requests *requests, Py_ssize_t row, Asked *asked)
{
    int has_url, has_caller = 0;
    memset(asked, 0, sizeof *asked);
    has_url = text_at(&requests->urls, row, &asked->url, &asked->size);
    if (requests->callers.values.buf != NULL) {
        has_caller = text_at(&requests->callers, row, &asked->caller, &asked->caller_size);
        if (has_caller < 0)
            return -1;
    }
    if (has_url <= 0)
        return has_url;
    if (has_caller && !is_ascii_text(asked->caller, asked->caller_size))
        return 0;
    if (requests->codes.values.buf != NULL)
        asked->is_challenge = is_challenge_at(&requests->codes, row);
    if (requests->locked.values.buf != NULL)
        asked->is_locked = is_valid(&requests->locked, row)
            && bit_at(&requests->locked.values, requests->locked.first + row);
    return 1;
}
