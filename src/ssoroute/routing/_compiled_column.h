/* Column: strings, integers and booleans in Arrow's layout, read in place.
 *
 * Nothing that the buffers say is believed: `column_init` and `scalars_init` hold their lengths
 * against the number of rows, and `column_text` every pair of offsets against the bytes.
 */
#include <stdint.h>
#include <string.h>

static inline int32_t
int32_at(const void *items, Py_ssize_t place)
{
    int32_t item;
    memcpy(&item, (const char *)items + place * 4, 4);
    return item;
}

enum { OFFSETS_32, OFFSETS_64, VIEWS }; /* how a row finds its text */

#define VIEW 16   /* bytes of a view: the length, then the text or where it is */
#define INLINE 12 /* the longest text that a view holds itself */

typedef struct {
    Py_buffer validity;  /* `buf` is NULL if nothing is null */
    Py_buffer offsets;   /* or the views */
    Py_buffer *bytes;    /* one buffer, or those that the views name */
    Py_ssize_t buffers;  /* how many there are */
    Py_ssize_t first;    /* the row of the buffers that is row 0 of the column */
    int layout;
} Column;

/* Integers or booleans. */
typedef struct {
    Py_buffer validity; /* `buf` is NULL if nothing is null */
    Py_buffer values;   /* `buf` is NULL if there is no such column */
    Py_ssize_t first;   /* the row of the buffers that is row 0 of the column */
    Py_ssize_t width;   /* bytes of an integer; 0 for booleans, a bit each */
} Scalars;

static int
get_buffer(PyObject *object, Py_buffer *buffer)
{
    return object == Py_None ? 0 : PyObject_GetBuffer(object, buffer, PyBUF_SIMPLE);
}

/* Whether `parts` is a tuple; if not, with an error. */
static int
is_tuple(PyObject *parts)
{
    if (PyTuple_Check(parts))
        return 1;
    PyErr_SetString(PyExc_TypeError, "a column must be a tuple");
    return 0;
}

/* The buffers of text: one, or a tuple of them; 0, or -1 with an error. */
static int
column_bytes(Column *column, PyObject *bytes)
{
    int is_many = PyTuple_Check(bytes);
    Py_ssize_t count = is_many ? PyTuple_Size(bytes) : 1;
    column->bytes = PyMem_Calloc((size_t)count + 1, sizeof *column->bytes);
    if (column->bytes == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    for (; column->buffers < count; column->buffers++)
        if (get_buffer(is_many ? PyTuple_GetItem(bytes, column->buffers) : bytes,
                       &column->bytes[column->buffers]) < 0)
            return -1;
    return 0;
}

static void
column_free(Column *column)
{
    PyBuffer_Release(&column->validity);
    PyBuffer_Release(&column->offsets);
    for (Py_ssize_t place = 0; place < column->buffers; place++)
        PyBuffer_Release(&column->bytes[place]);
    PyMem_Free(column->bytes);
}

/* A column of `rows` rows out of (validity, offsets, bytes, first, layout); 0, or -1 with an
 * error. Whether the offsets are right is seen row by row. */
static int
column_init(Column *column, PyObject *parts, Py_ssize_t rows)
{
    PyObject *validity, *offsets, *bytes;
    if (!is_tuple(parts) ||
        !PyArg_ParseTuple(parts, "OOOni", &validity, &offsets, &bytes, &column->first,
                          &column->layout))
        return -1;
    if (get_buffer(validity, &column->validity) < 0 || get_buffer(offsets, &column->offsets) < 0 ||
        column_bytes(column, bytes) < 0)
        return -1;
    if (column->layout < OFFSETS_32 || column->layout > VIEWS ||
        (column->layout != VIEWS && column->buffers != 1)) {
        PyErr_SetString(PyExc_ValueError, "a column has another layout");
        return -1;
    }
    Py_ssize_t width = column->layout == VIEWS ? VIEW : column->layout == OFFSETS_64 ? 8 : 4;
    Py_ssize_t more = column->layout != VIEWS; /* one offset more than there are rows */
    if (rows < 0 || column->first < 0 || rows > PY_SSIZE_T_MAX / VIEW - column->first - 1 ||
        (rows && column->offsets.len / width < column->first + rows + more) ||
        (rows && column->validity.buf && column->validity.len < (column->first + rows + 7) / 8)) {
        PyErr_SetString(PyExc_ValueError, "a buffer is too short for its rows");
        return -1;
    }
    return 0;
}

static inline int
bit_at(const Py_buffer *bits, Py_ssize_t place)
{
    return ((const unsigned char *)bits->buf)[place / 8] >> place % 8 & 1;
}

/* The text of a view: 1, or -1 if it is not in its buffer. */
static int
view_text(const Column *column, Py_ssize_t row, const char **text, Py_ssize_t *size)
{
    const char *view = (const char *)column->offsets.buf + row * VIEW;
    int32_t length = int32_at(view, 0), buffer = int32_at(view, 2), place = int32_at(view, 3);
    *text = view + 4;
    *size = length;
    if (length >= 0 && length <= INLINE)
        return 1;
    if (length < 0 || buffer < 0 || buffer >= column->buffers || place < 0 ||
        (int64_t)place + length > (int64_t)column->bytes[buffer].len)
        return -1;
    *text = (const char *)column->bytes[buffer].buf + place;
    return 1;
}

/* The text of one row: 1, 0 if it is null, -1 if the offsets are wrong. */
static inline int
column_text(const Column *column, Py_ssize_t row, const char **text, Py_ssize_t *size)
{
    int64_t bounds[2];
    row += column->first;
    int is_null = column->validity.buf != NULL && !bit_at(&column->validity, row);
    if (column->layout == VIEWS) /* that of a null may be anything */
        return is_null ? 0 : view_text(column, row, text, size);
    if (column->layout == OFFSETS_64)
        memcpy(bounds, (const char *)column->offsets.buf + row * 8, 16);
    else {
        bounds[0] = int32_at(column->offsets.buf, row);
        bounds[1] = int32_at(column->offsets.buf, row + 1);
    }
    if (bounds[0] < 0 || bounds[1] < bounds[0] || bounds[1] > (int64_t)column->bytes->len)
        return -1;
    if (is_null)
        return 0;
    *text = column->bytes->buf ? (const char *)column->bytes->buf + bounds[0] : "";
    *size = (Py_ssize_t)(bounds[1] - bounds[0]);
    return 1;
}

static void
scalars_free(Scalars *scalars)
{
    PyBuffer_Release(&scalars->validity);
    PyBuffer_Release(&scalars->values);
}

enum { BITS, INTEGERS };

/* `rows` integers or bits out of (validity, values, first, width), None is no column; 0, or -1 with
 * an error. */
static int
scalars_init(Scalars *scalars, PyObject *parts, Py_ssize_t rows, int kind)
{
    PyObject *validity, *values;
    if (parts == Py_None)
        return 0;
    if (!is_tuple(parts) ||
        !PyArg_ParseTuple(parts, "OOnn", &validity, &values, &scalars->first, &scalars->width) ||
        get_buffer(validity, &scalars->validity) < 0 || get_buffer(values, &scalars->values) < 0)
        return -1;
    Py_ssize_t width = scalars->width, bytes = scalars->values.len;
    int fits = kind == BITS ? width == 0 : width == 1 || width == 2 || width == 4 || width == 8;
    if (!fits || rows < 0 || scalars->first < 0 || rows > PY_SSIZE_T_MAX / 16 - scalars->first) {
        PyErr_SetString(PyExc_ValueError, "a column has another layout");
        return -1;
    }
    Py_ssize_t last = scalars->first + rows, of_bits = (last + 7) / 8;
    if (rows && (bytes < (kind == BITS ? of_bits : last * width) ||
                 (scalars->validity.buf && scalars->validity.len < of_bits))) {
        PyErr_SetString(PyExc_ValueError, "a buffer is too short for its rows");
        return -1;
    }
    return 0;
}

/* Whether a row has a value. */
static inline int
has_value_at(const Scalars *scalars, Py_ssize_t row)
{
    return scalars->values.buf != NULL &&
           (scalars->validity.buf == NULL || bit_at(&scalars->validity, scalars->first + row));
}

/* The integer of a row that has a value. */
static inline int64_t
integer_at(const Scalars *integers, Py_ssize_t row)
{
    const char *value = (const char *)integers->values.buf + integers->width * (integers->first + row);
    switch (integers->width) {
    case 1: { int8_t one; memcpy(&one, value, 1); return one; }
    case 2: { int16_t two; memcpy(&two, value, 2); return two; }
    case 4: { int32_t four; memcpy(&four, value, 4); return four; }
    default: { int64_t eight; memcpy(&eight, value, 8); return eight; }
    }
}

/* Whether a row is true; a null is not, and without the column no row is. */
static inline int
is_true_at(const Scalars *bits, Py_ssize_t row)
{
    return has_value_at(bits, row) && bit_at(&bits->values, bits->first + row);
}

/* Whether a row has the response code of a challenge. */
static inline int
is_challenge_at(const Scalars *codes, Py_ssize_t row)
{
    if (!has_value_at(codes, row))
        return 0;
    int64_t code = integer_at(codes, row);
    return code == 401 || code == 407;
}

/* Strings of a row each, or those of a dictionary. */
typedef struct {
    Column column;
    Scalars indices;  /* which of the strings a row has; the width is 0 without a dictionary */
    Py_ssize_t count; /* of the strings */
} Texts;

#define NO_TEXT (-1)
#define WRONG_TEXT (-2)

static void
texts_free(Texts *texts)
{
    column_free(&texts->column);
    scalars_free(&texts->indices);
}

static inline int
has_dictionary(const Texts *texts)
{
    return texts->indices.width != 0;
}

/* Out of (column, indices or None, count); 0, or -1 with an error. */
static int
texts_init(Texts *texts, PyObject *parts, Py_ssize_t rows)
{
    PyObject *column, *indices;
    if (!is_tuple(parts) || !PyArg_ParseTuple(parts, "OOn", &column, &indices, &texts->count) ||
        column_init(&texts->column, column, texts->count) < 0 ||
        scalars_init(&texts->indices, indices, rows, INTEGERS) < 0)
        return -1;
    if (has_dictionary(texts) || texts->count == rows)
        return 0;
    PyErr_SetString(PyExc_ValueError, "a column has another length");
    return -1;
}

/* Which of the strings a row has, NO_TEXT for none, or WRONG_TEXT. */
static inline Py_ssize_t
texts_place(const Texts *texts, Py_ssize_t row)
{
    if (!has_dictionary(texts))
        return row;
    if (!has_value_at(&texts->indices, row))
        return NO_TEXT;
    int64_t index = integer_at(&texts->indices, row);
    return index < 0 || index >= texts->count ? WRONG_TEXT : (Py_ssize_t)index;
}

/* The text at a place that `texts_place` gave: 1, 0 if there is none, -1 if data is wrong. */
static inline int
texts_text(const Texts *texts, Py_ssize_t place, const char **text, Py_ssize_t *size)
{
    return place >= 0 ? column_text(&texts->column, place, text, size) : place == NO_TEXT ? 0 : -1;
}

static inline int
is_ascii(const void *text, Py_ssize_t size)
{
    const unsigned char *bytes = text;
    uint64_t words[4], all = 0;
    for (; size >= 32; bytes += 32, size -= 32) {
        memcpy(words, bytes, 32);
        all |= words[0] | words[1] | words[2] | words[3];
    }
    for (; size >= 8; bytes += 8, size -= 8) {
        memcpy(words, bytes, 8);
        all |= words[0];
    }
    for (; size > 0; bytes++, size--)
        all |= *bytes;
    return (all & UINT64_C(0x8080808080808080)) == 0;
}
