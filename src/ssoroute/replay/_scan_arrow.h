/* Arrow: the requests of a record batch, read in place. */
typedef struct {
    Texts urls, callers; /* `column.offsets.buf` is NULL if there are no callers */
    Scalars codes, locked;
} Requests;

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
    return 0;
}

/* The request of a row but for its caller: 1, 0 if it has no URL, -1 if the columns are wrong. */
static inline int
request_at(const Requests *requests, Py_ssize_t row, Asked *asked)
{
    const Texts *urls = &requests->urls;
    memset(asked, 0, sizeof *asked);
    asked->is_challenge = is_challenge_at(&requests->codes, row);
    asked->is_locked = is_true_at(&requests->locked, row);
    return texts_text(urls, texts_place(urls, row), &asked->url, &asked->size);
}

/* Adds the caller: 1, 0 if only Python can read it, -1 if the columns are wrong. */
static inline int
caller_at(const Requests *requests, Py_ssize_t row, Asked *asked)
{
    const Texts *callers = &requests->callers;
    if (callers->column.offsets.buf == NULL)
        return 1;
    int has_caller = texts_text(callers, texts_place(callers, row), &asked->caller,
                                &asked->caller_size);
    if (has_caller < 0)
        return -1;
    return !has_caller || is_ascii(asked->caller, asked->caller_size);
}
