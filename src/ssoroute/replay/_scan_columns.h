/* Columns: the rows that lines become. */
typedef unsigned char byte;

#if defined(__GNUC__) /* and clang: 16 characters at a time */
typedef byte Block __attribute__((vector_size(16)));
typedef uint64_t Halves __attribute__((vector_size(16)));
#endif

enum { URL, CALLER, CODE, LOCKED, INTERFACE, BACKGROUND, FIELDS };

static const char *const NAMES[FIELDS] = {
    "url", "caller", "response_code", "screen_locked", "user_interface_enabled",
    "background_session",
};

typedef struct {
    int32_t *offsets; /* one more than there are rows */
    byte *text;       /* as long as the chunk */
    int32_t end;
} Strings;

typedef struct {
    Strings url, caller;
    byte *has_caller; /* a byte a row */
    int64_t *code;
    byte *flag[FIELDS]; /* LOCKED, INTERFACE, BACKGROUND: a byte a row */
    Py_ssize_t rows;
    unsigned given; /* the fields that some row has, a bit each */
    int is_ascii;
} Columns;

static void
begin_row(Columns *out)
{
    Py_ssize_t row = out->rows;

    out->url.offsets[row] = out->url.end;
    out->caller.offsets[row] = out->caller.end;
    out->has_caller[row] = 0;
    out->code[row] = 0;
    out->flag[LOCKED][row] = 0;
    out->flag[INTERFACE][row] = 1;
    out->flag[BACKGROUND][row] = 0;
}

static void
drop_row(Columns *out)
{
    out->url.end = out->url.offsets[out->rows];
    out->caller.end = out->caller.offsets[out->rows];
}

static void
end_columns(Columns *out)
{
    out->url.offsets[out->rows] = out->url.end;
    out->caller.offsets[out->rows] = out->caller.end;
}
