/* Decisions: numbers become the columns of what they decide, all in one pass. */

/* What a decision puts into each column, as places in the dictionaries of the columns. */
typedef struct {
    int32_t extension, rule;
    int8_t outcome, reason, lookalike;
    unsigned char given; /* EXTENSION_GIVEN, RULE_GIVEN: for the others the columns have null */
} Places;

enum { EXTENSION_GIVEN = 1, RULE_GIVEN = 2 };
enum { OUTCOME, REASON, EXTENSION, RULE, LOOKALIKE, HAS_EXTENSION, HAS_RULE, COLUMNS };

static const Py_ssize_t column_bits[COLUMNS] = {8, 8, 32, 32, 8, 1, 1};

/* Up to eight rows from `row` on, and their byte of each bitmap; 0 if a number is too large. */
static inline int
spread_rows(const char *numbers, Py_ssize_t row, int rows, const char *places, uint32_t count,
            char *const *out)
{
    int has_extension = 0, has_rule = 0;
    for (int bit = 0; bit < rows; bit++, row++) {
        Places of;
        uint32_t number;
        memcpy(&number, numbers + 4 * row, 4);
        if (number >= count)
            return 0;
        memcpy(&of, places + sizeof of * number, sizeof of);
        out[OUTCOME][row] = (char)of.outcome;
        out[REASON][row] = (char)of.reason;
        memcpy(out[EXTENSION] + 4 * row, &of.extension, 4);
        memcpy(out[RULE] + 4 * row, &of.rule, 4);
        out[LOOKALIKE][row] = (char)of.lookalike;
        has_extension |= (of.given & EXTENSION_GIVEN) << bit;
        has_rule |= of.given / RULE_GIVEN << bit;
    }
    out[HAS_EXTENSION][(row - 1) / 8] = (char)has_extension;
    out[HAS_RULE][(row - 1) / 8] = (char)has_rule;
    return 1;
}

/* Whether every row was written. */
static int
spread_all(const char *numbers, Py_ssize_t rows, const char *places, uint32_t count,
           char *const *out)
{
    Py_ssize_t row = 0;
    for (; rows - row >= 8; row += 8)
        if (!spread_rows(numbers, row, 8, places, count, out))
            return 0;
    return row == rows || spread_rows(numbers, row, (int)(rows - row), places, count, out);
}

PyDoc_STRVAR(spread_doc,
             "spread($module, numbers, places, columns, /)\n--\n\n"
             "Write what the decisions with these `numbers` (int32) put into each column.\n\n"
             "`places` has 12 bytes for each decision: the places of its extension and rule\n"
             "(int32), outcome, reason and lookalike (int8), and a byte with 1 if it has an\n"
             "extension and 2 if it has a rule. `columns` are those of outcome, reason, extension,\n"
             "rule, lookalike, and the bitmaps of the rows with an extension and with a rule.\n"
             "ValueError for a buffer that is too short and for an unknown number.");

static PyObject *
spread(PyObject *Py_UNUSED(module), PyObject *arguments)
{
    Py_buffer numbers, places, columns[COLUMNS];
    char *out[COLUMNS];
    int fits, is_known = 1;

    if (!PyArg_ParseTuple(arguments, "y*y*(w*w*w*w*w*w*w*)", &numbers, &places, &columns[OUTCOME],
                          &columns[REASON], &columns[EXTENSION], &columns[RULE],
                          &columns[LOOKALIKE], &columns[HAS_EXTENSION], &columns[HAS_RULE]))
        return NULL;
    Py_ssize_t rows = numbers.len / 4, count = places.len / (Py_ssize_t)sizeof(Places);
    fits = count <= INT32_MAX;
    for (int i = 0; i < COLUMNS; i++) {
        Py_ssize_t bits = column_bits[i];
        out[i] = columns[i].buf;
        fits &= columns[i].len >= (bits == 1 ? (rows + 7) / 8 : rows * (bits / 8));
    }
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        is_known = spread_all(numbers.buf, rows, places.buf, (uint32_t)count, out);
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&numbers);
    PyBuffer_Release(&places);
    for (int i = 0; i < COLUMNS; i++)
        PyBuffer_Release(&columns[i]);
    if (fits && is_known)
        return Py_NewRef(Py_None);
    PyErr_SetString(PyExc_ValueError, fits ? "a number is unknown" : "a buffer does not fit");
    return NULL;
}
