/* Column: strings in Arrow's layout, read in place.
 *
 * Nothing that the buffers say is believed: `column_init` holds their lengths against the number of
 * rows, and `column_text` every pair of offsets against the bytes.
 */
static inline int32_t
int32_at(const void *items, Py_ssize_t place)
{
    int32_t item;
    memcpy(&item, (const char *)items + place * 4, 4);
    return item;
}

typedef struct {
    Py_buffer validity, offsets, bytes; /* `validity.buf` is NULL if nothing is null */
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

/* The text of one row: 1, 0 if it is null, -1 if the offsets are wrong. */
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
