/* Arrow: the requests of a record batch, read in place. */
typedef struct {
    Texts urls, callers;   /* `column.offsets.buf` is NULL if there are no callers */
    int has_ascii_callers; /* whether all of them are ASCII, which is found out if they are few */
    Scalars codes, locked;
} Requests;

#define FEW_BYTES 65536 /* of all callers */

static void
requests_free(Requests *requests)
{
    texts_free(&requests->urls);
    texts_free(&requests->callers);
    scalars_free(&requests->codes);
    scalars_free(&requests->locked);
}

static int
requests_init(Requests *requests, Py_ssize_t rows, PyObject *urls, PyObject *callers,
              PyObject *codes, PyObject *locked)
{
    if (texts_init(&requests->urls, urls, rows) < 0
        || (callers != Py_None && texts_init(&requests->callers, callers, rows) < 0)
        || scalars_init(&requests->codes, codes, rows, INTEGERS) < 0
        || scalars_init(&requests->locked, locked, rows, BITS) < 0)
        return -1;
    const Column *column = &requests->callers.column;
    requests->has_ascii_callers = column->buffers == 1 && column->layout != VIEWS
        && column->bytes->len <= FEW_BYTES && is_ascii(column->bytes->buf, column->bytes->len);
    return 0;
}

/* The request of a row: 1, 0 if only Python can read it, -1 if the columns are wrong. */
static inline int
request_at(const Requests *requests, Py_ssize_t row, Asked *asked)
{
    const Texts *urls = &requests->urls, *callers = &requests->callers;
    int has_url, has_caller = 0;
    memset(asked, 0, sizeof *asked);
    has_url = texts_text(urls, texts_place(urls, row), &asked->url, &asked->size);
    if (callers->column.offsets.buf != NULL) {
        has_caller = texts_text(callers, texts_place(callers, row), &asked->caller,
                                &asked->caller_size);
        if (has_caller < 0)
            return -1;
    }
    if (has_url <= 0)
        return has_url;
    if (has_caller && !requests->has_ascii_callers && !is_ascii(asked->caller, asked->caller_size))
        return 0;
    asked->is_challenge = is_challenge_at(&requests->codes, row);
    asked->is_locked = is_true_at(&requests->locked, row);
    return 1;
}
