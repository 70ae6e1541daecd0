/* Arrow: the requests of a record batch, read in place. */
typedef struct {
    Column urls, callers; /* `offsets.buf` is NULL if there are no callers */
    Scalars codes, locked;
} Requests;

static void
requests_free(Requests *requests)
{
    column_free(&requests->urls);
    column_free(&requests->callers);
    scalars_free(&requests->codes);
    scalars_free(&requests->locked);
}

static int
requests_init(Requests *requests, Py_ssize_t rows, PyObject *urls, PyObject *callers,
              PyObject *codes, PyObject *locked)
{
    if (column_init(&requests->urls, urls, rows) < 0
        || (callers != Py_None && column_init(&requests->callers, callers, rows) < 0)
        || scalars_init(&requests->codes, codes, rows, INTEGERS) < 0
        || scalars_init(&requests->locked, locked, rows, BITS) < 0)
        return -1;
    return 0;
}

/* The request of a row: 1, 0 if only Python can read it, -1 if the offsets are wrong. */
static inline int
request_at(const Requests *requests, Py_ssize_t row, Asked *asked)
{
    int has_url, has_caller = 0;
    memset(asked, 0, sizeof *asked);
    has_url = column_text(&requests->urls, row, &asked->url, &asked->size);
    if (requests->callers.offsets.buf != NULL) {
        has_caller = column_text(&requests->callers, row, &asked->caller, &asked->caller_size);
        if (has_caller < 0)
            return -1;
    }
    if (has_url <= 0)
        return has_url;
    if (has_caller && !is_ascii(asked->caller, asked->caller_size))
        return 0;
    asked->is_challenge = is_challenge_at(&requests->codes, row);
    asked->is_locked = is_true_at(&requests->locked, row);
    return 1;
}
