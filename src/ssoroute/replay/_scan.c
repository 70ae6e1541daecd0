/* The compiled reader of logs: lines of JSON and CSV become columns, and URLs are checked.
 *
 * Everything here runs without the interpreter lock, on buffers that Python made and owns. This
 * file has no error messages: it stops at a line that is odd in any way, and the plain reader
 * (json_lines.py, csv_rows.py) reads that line. So a line is odd unless both readers certainly
 * agree about it. The tests compare the two.
 */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

typedef unsigned char byte;

/* --- output: the columns of a chunk ---------------------------------------------------------- */

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

/* --- JSON ------------------------------------------------------------------------------------ */

static const byte *
blanks(const byte *at, const byte *end)
{
    while (at < end && (*at == ' ' || *at == '\t' || *at == '\r'))
        at++;
    return at;
}

static int
hex(const byte *at)
{
    int value = 0;

    for (int i = 0; i < 4; i++) {
        byte c = at[i];
        value = value * 16
            + (c >= '0' && c <= '9' ? c - '0'
               : c >= 'a' && c <= 'f' ? c - 'a' + 10
               : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -(1 << 18));
    }
    return value;
}

/* One escape after its backslash; NULL for half a surrogate pair or an invalid escape. */
static const byte *
escape(const byte *at, const byte *end, byte **to)
{
    static const char from[] = "\"\\/bfnrt", into[] = "\"\\/\b\f\n\r\t";
    const char *found;
    int code;

    if (at == end)
        return NULL;
    if (*at != 'u') {
        found = *at ? strchr(from, *at) : NULL;
        if (found == NULL)
            return NULL;
        *(*to)++ = (byte)into[found - from];
        return at + 1;
    }
    if (end - at < 5 || (code = hex(at + 1)) < 0 || (code >= 0xD800 && code <= 0xDFFF))
        return NULL;
    if (code < 0x80)
        *(*to)++ = (byte)code;
    else if (code < 0x800) {
        *(*to)++ = (byte)(0xC0 | code >> 6);
        *(*to)++ = (byte)(0x80 | (code & 0x3F));
    }
    else {
        *(*to)++ = (byte)(0xE0 | code >> 12);
        *(*to)++ = (byte)(0x80 | (code >> 6 & 0x3F));
        *(*to)++ = (byte)(0x80 | (code & 0x3F));
    }
    return at + 5;
}

#if defined(__GNUC__) /* and clang: 16 characters at a time */
typedef byte Block __attribute__((vector_size(16)));
typedef uint64_t Halves __attribute__((vector_size(16)));
#endif

/* Bytes that end a run of a string: quote, backslash, control characters. */
static byte ends_run[256];

/* The end of a run; what its bytes have in common is added to `seen`. */
static inline const byte *
run_of_string(const byte *at, const byte *end, byte *seen)
{
#if defined(__GNUC__)
    Block all = {0};
    for (; end - at >= (Py_ssize_t)sizeof(Block); at += sizeof(Block)) {
        Block c;
        memcpy(&c, at, sizeof c);
        Halves ends = (Halves)((c < 0x20) | (c == '"') | (c == '\\'));
        if (ends[0] | ends[1])
            break;
        all |= c;
    }
    Halves high = (Halves)(all & 0x80);
    *seen |= (high[0] | high[1]) ? 0x80 : 0;
#endif
    while (at < end && !ends_run[*at])
        *seen |= *at++;
    return at;
}

/* Appends the string after its opening quote to `out`; returns the place after it, or NULL. */
static const byte *
json_string(const byte *at, const byte *end, Strings *out, int *is_ascii)
{
    byte *to = out->text + out->end;
    byte seen = 0;

    for (;;) {
        const byte *run = at;
        at = run_of_string(at, end, &seen);
        memcpy(to, run, (size_t)(at - run));
        to += at - run;
        if (at == end)
            return NULL;
        if (*at == '"')
            break;
        if (*at != '\\' || (at = escape(at + 1, end, &to)) == NULL)
            return NULL;
        seen |= 0x80; /* an escape may have written any character */
    }
    if (seen & 0x80)
        *is_ascii = 0;
    out->end = (int32_t)(to - out->text);
    return at + 1;
}

static const byte *
integer(const byte *at, const byte *end, int64_t *value)
{
    const byte *begin;
    int negative = at < end && *at == '-';
    int64_t number = 0;

    begin = at += negative;
    while (at < end && *at >= '0' && *at <= '9' && at - begin < 18)
        number = number * 10 + (*at++ - '0');
    if (at == begin || (*begin == '0' && at - begin > 1))
        return NULL;
    *value = negative ? -number : number;
    return at;
}

static const byte *
word(const byte *at, const byte *end, const char *text)
{
    size_t length = strlen(text);

    return (size_t)(end - at) >= length && memcmp(at, text, length) == 0 ? at + length : NULL;
}

static int
field_of(const byte *name, size_t length)
{
    for (int field = 0; field < FIELDS; field++)
        if (strlen(NAMES[field]) == length && memcmp(name, NAMES[field], length) == 0)
            return field;
    return -1;
}

static const byte *
json_value(const byte *at, const byte *end, int field, Columns *out)
{
    const byte *behind;

    if (field != URL && (behind = word(at, end, "null")) != NULL)
        return behind;
    out->given |= 1u << field;
    switch (field) {
    case URL:
        return at < end && *at == '"' ? json_string(at + 1, end, &out->url, &out->is_ascii) : NULL;
    case CALLER:
        out->has_caller[out->rows] = 1;
        return at < end && *at == '"' ? json_string(at + 1, end, &out->caller, &out->is_ascii)
                                      : NULL;
    case CODE:
        return integer(at, end, &out->code[out->rows]);
    default:
        if ((behind = word(at, end, "true")) != NULL)
            out->flag[field][out->rows] = 1;
        else if ((behind = word(at, end, "false")) != NULL)
            out->flag[field][out->rows] = 0;
        return behind;
    }
}

/* Whether the line is an object that both readers read as the same request. */
static int
json_line(const byte *at, const byte *end, Columns *out)
{
    unsigned seen = 0;

    at = blanks(at, end);
    if (at == end || *at++ != '{')
        return 0;
    for (;;) {
        const byte *name;
        int field;

        at = blanks(at, end);
        if (at == end || *at++ != '"')
            return 0;
        name = at;
        while (at < end && !ends_run[*at])
            at++;
        if (at == end || *at != '"' || (field = field_of(name, (size_t)(at - name))) < 0
            || seen & 1u << field)
            return 0;
        seen |= 1u << field;
        at = blanks(at + 1, end);
        if (at == end || *at++ != ':')
            return 0;
        at = json_value(blanks(at, end), end, field, out);
        if (at == NULL)
            return 0;
        at = blanks(at, end);
        if (at == end || (*at != ',' && *at != '}'))
            return 0;
        if (*at++ == '}')
            return blanks(at, end) == end && (seen & 1u << URL);
    }
}

/* --- CSV ------------------------------------------------------------------------------------- */

typedef struct {
    int width;         /* how many fields a row has */
    const byte *field; /* which field of a request each of them is; FIELDS for none */
} Header;

static int
csv_flag(const byte *text, Py_ssize_t length, byte *flag)
{
    if (length == 1 && (*text == '0' || *text == '1')) {
        *flag = *text == '1';
        return 1;
    }
    if (length == 4 && memcmp(text, "true", 4) == 0) {
        *flag = 1;
        return 1;
    }
    if (length == 5 && memcmp(text, "false", 5) == 0) {
        *flag = 0;
        return 1;
    }
    return 0;
}

static int
csv_value(int field, const byte *text, Py_ssize_t length, Columns *out)
{
    const byte *behind;

    if (length == 0)
        return field != URL; /* an empty field is absent */
    out->given |= 1u << field;
    switch (field) {
    case URL:
        memcpy(out->url.text + out->url.end, text, (size_t)length);
        out->url.end += (int32_t)length;
        return 1;
    case CALLER:
        memcpy(out->caller.text + out->caller.end, text, (size_t)length);
        out->caller.end += (int32_t)length;
        out->has_caller[out->rows] = 1;
        return 1;
    case CODE:
        behind = integer(text, text + length, &out->code[out->rows]);
        return behind == text + length;
    default:
        return csv_flag(text, length, &out->flag[field][out->rows]);
    }
}

#define FIELD_LIMIT (131072 / 4)       /* `csv` reads four times as many characters */
#define RECORD_LIMIT (1024 * 1024 - 2) /* less than in csv_rows.py, without the end of the line */

/* Whether the line is a row that both readers read as the same request. A field in quotes may
 * hold commas; one that holds a quote is left to the plain reader. */
static int
csv_line(const byte *at, const byte *end, const Header *header, Columns *out)
{
    int place = 0;
    byte seen = 0;

    if (end > at && end[-1] == '\r')
        end--;
    if (at == end || end - at > RECORD_LIMIT || memchr(at, '\r', (size_t)(end - at)) != NULL)
        return 0;
    for (;;) {
        const byte *text = at, *behind;
        Py_ssize_t length;

        if (at < end && *at == '"') {
            text = ++at;
            at = memchr(at, '"', (size_t)(end - at));
            if (at == NULL)
                return 0;
            length = at++ - text;
            if (at < end && *at != ',')
                return 0;
            behind = at;
        }
        else {
            behind = memchr(at, ',', (size_t)(end - at));
            if (behind == NULL)
                behind = end;
            length = behind - at;
            at = behind;
        }
        if (place == header->width || length > FIELD_LIMIT)
            return 0;
        if (header->field[place] < FIELDS) {
            for (Py_ssize_t i = 0; i < length; i++)
                seen |= text[i];
            if (!csv_value(header->field[place], text, length, out))
                return 0;
        }
        place++;
        if (behind == end)
            break;
        at = behind + 1;
    }
    if (seen & 0x80)
        out->is_ascii = 0;
    return place == header->width;
}

/* --- one URL a line ---------------------------------------------------------------------------- */

#define WHOLE_LINES 0xFF /* in place of the fields of a row of CSV */

/* White space around a URL is left to the plain reader, and so is a byte order mark. */
static int
url_line(const byte *at, const byte *end, Columns *out)
{
    byte seen = 0;

    if (end > at && end[-1] == '\r')
        end--;
    if (at == end || *at <= ' ' || end[-1] <= ' ' || *at >= 0x80 || end[-1] >= 0x80)
        return 0;
    for (Py_ssize_t i = 0; i < end - at; i++)
        seen |= at[i];
    if (seen & 0x80)
        out->is_ascii = 0;
    return csv_value(URL, at, end - at, out);
}

/* Whether each quoted field of CSV ends on the line on which it begins, so that lines are rows. */
static int
quotes_close(const byte *at, const byte *end)
{
    while (at < end) {
        const byte *line = memchr(at, '\n', (size_t)(end - at));
        int starts = 1;

        if (line == NULL)
            line = end;
        if (memchr(at, '"', (size_t)(line - at)) == NULL) {
            at = line + 1;
            continue;
        }
        while (at < line) {
            if (starts && *at == '"') {
                for (at++; at < line && (*at != '"' || (at + 1 < line && at[1] == '"')); at++)
                    at += *at == '"';
                if (at >= line)
                    return 0;
                at++;
                /* `csv` adds what follows a closing quote to the field */
            }
            starts = at < line && *at == ',';
            at++;
        }
        at = line + 1;
    }
    return 1;
}

/* --- URLs ------------------------------------------------------------------------------------ */

enum { FIRST = 1, PATH = 2, REST = 4, HOST = 8, MARK = 16 };
static byte kind_of[256];

/* The end of a run of characters of a kind; four at a time take half as long. */
static inline const byte *
run_of(const byte *at, const byte *end, byte kind)
{
    while (end - at >= 4
           && kind_of[at[0]] & kind_of[at[1]] & kind_of[at[2]] & kind_of[at[3]] & kind)
        at += 4;
    while (at < end && kind_of[*at] & kind)
        at++;
    return at;
}

#if defined(__GNUC__)
/* Whether all characters but the last are of the kind REST, with neither `/.` nor `/%` among them.
 * A quarter of the time of `run_of` for the URLs of benchmarks/workloads.py. */
static int
only_rest(const byte *at, const byte *end)
{
    const byte *last = end - sizeof(Block) - 1;
    Halves odd = {0, 0};

    for (;; at += sizeof(Block)) {
        Block c, next;

        if (at > last)
            at = last;
        memcpy(&c, at, sizeof c);
        memcpy(&next, at + 1, sizeof next);
        odd |= (Halves)((c - 0x21 > 0x5D) | ((c | 1) == '#') | (c == '\'') | ((c | 2) == '>')
                        | (c - '[' < 4) | (c == '`') | (c - '{' < 3)
                        | ((c == '/') & ((next == '.') | (next == '%'))));
        if (at == last)
            return (odd[0] | odd[1]) == 0;
    }
}

static inline int
is_usual(const byte *at, const byte *end)
{
    return end - at > (Py_ssize_t)sizeof(Block) && kind_of[end[-1]] & REST && only_rest(at, end);
}
#else
#define is_usual(at, end) 0
#endif

/* The length of the host if the URL is `PLAIN_URL` (browser_urls.py), else 0. */
static Py_ssize_t
plain_host(const byte *at, const byte *end, const byte **host)
{
    const byte *label;
    Py_ssize_t length;
    byte kind, before = MARK, odd = 0;

    if (end - at < 9 || memcmp(at, "http", 4) != 0)
        return 0;
    at += 4 + (at[4] == 's');
    if (memcmp(at, "://", 3) != 0)
        return 0;
    *host = label = at += 3;
    /* Two marks beside each other are odd, and so is one at either end. Without branches the loop
     * takes half as long. */
    while (at < end && (kind = kind_of[*at]) & HOST) {
        odd |= kind & before;
        before = kind & MARK;
        label = *at == '.' ? at + 1 : label;
        at++;
    }
    if (at == end || *at != '/' || odd & MARK || before || *label < 'a' || *label > 'z')
        return 0;
    length = at - *host;
    if (is_usual(at, end))
        return length;
    while (at < end && *at == '/') {
        at++;
        if (at < end && kind_of[*at] & FIRST)
            at = run_of(at, end, PATH);
    }
    if (at < end && *at == '?')
        at = run_of(at + 1, end, REST);
    if (at < end && *at == '#')
        at = run_of(at + 1, end, REST);
    return at == end ? length : 0;
}

static void
make_tables(void)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz", digits[] = "0123456789";
    static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ", marks[] = "_~!$&()*+,;=:@-";

    for (const char *c = letters; *c; c++)
        kind_of[(byte)*c] = FIRST | PATH | REST | HOST;
    for (const char *c = digits; *c; c++)
        kind_of[(byte)*c] = FIRST | PATH | REST | HOST;
    for (const char *c = upper; *c; c++)
        kind_of[(byte)*c] = FIRST | PATH | REST;
    for (const char *c = marks; *c; c++)
        kind_of[(byte)*c] = FIRST | PATH | REST;
    kind_of['.'] = PATH | REST | HOST;
    kind_of['%'] = PATH | REST;
    kind_of['/'] = kind_of['?'] = REST;
    kind_of['-'] |= HOST | MARK;
    kind_of['.'] |= MARK;
    for (int c = 0; c < 0x20; c++)
        ends_run[c] = 1;
    ends_run['"'] = ends_run['\\'] = 1;
}

/* --- what Python calls ----------------------------------------------------------------------- */

#define BUFFERS 9

/* Reads lines until one is odd: the rows before it, its place in the text (the end if all lines
 * were read), the fields that they have (a bit each), and whether all text is ASCII. */
static PyObject *
scan_lines(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer data, header, buffer[BUFFERS];
    Py_ssize_t room, at;
    Columns out = {.is_ascii = 1};
    Header csv;
    PyObject *result = NULL;

    if (!PyArg_ParseTuple(args, "y*y*n(w*w*w*w*w*w*w*w*w*)", &data, &header, &room, &buffer[0],
                          &buffer[1], &buffer[2], &buffer[3], &buffer[4], &buffer[5], &buffer[6],
                          &buffer[7], &buffer[8]))
        return NULL;
    out.url = (Strings){buffer[0].buf, buffer[1].buf, 0};
    out.caller = (Strings){buffer[2].buf, buffer[3].buf, 0};
    out.has_caller = buffer[4].buf;
    out.code = buffer[5].buf;
    for (int i = 0; i < 3; i++)
        out.flag[LOCKED + i] = buffer[6 + i].buf;
    csv.width = (int)header.len;
    csv.field = header.buf;
    if (room < 0 || data.len > INT32_MAX || buffer[0].len < 4 * (room + 1) || buffer[2].len < 4 * (room + 1)
        || buffer[1].len < data.len || buffer[3].len < data.len || buffer[4].len < room
        || buffer[5].len < 8 * room || buffer[6].len < room || buffer[7].len < room
        || buffer[8].len < room || header.len > INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "a buffer is too small");
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    const byte *begin = data.buf, *end = begin + data.len, *line = begin;
    while (line < end && out.rows < room) {
        const byte *next = memchr(line, '\n', (size_t)(end - line));
        if (next == NULL)
            next = end;
        begin_row(&out);
        int read = csv.width == 0 ? json_line(line, next, &out)
            : *csv.field == WHOLE_LINES ? url_line(line, next, &out)
                                        : csv_line(line, next, &csv, &out);
        if (!read) {
            drop_row(&out);
            break;
        }
        out.rows++;
        line = next < end ? next + 1 : end;
    }
    end_columns(&out);
    at = line - begin;
    Py_END_ALLOW_THREADS
    result = Py_BuildValue("nnIi", out.rows, at, out.given, out.is_ascii);
done:
    PyBuffer_Release(&data);
    PyBuffer_Release(&header);
    for (int i = 0; i < BUFFERS; i++)
        PyBuffer_Release(&buffer[i]);
    return result;
}

/* How many line ends there are; `bytes.count` is slower. */
static PyObject *
count_lines(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer data;
    Py_ssize_t count = 0;

    if (!PyArg_ParseTuple(args, "y*", &data))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    const byte *at = data.buf, *end = at + data.len;
    while (at < end) {
        Py_ssize_t block = end - at < 4096 ? end - at : 4096;
        int found = 0;
        for (Py_ssize_t i = 0; i < block; i++)
            found += at[i] == '\n';
        count += found;
        at += block;
    }
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&data);
    return PyLong_FromSsize_t(count);
}

static PyObject *
quotes_close_py(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer data;
    int closed;

    if (!PyArg_ParseTuple(args, "y*", &data))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    closed = quotes_close(data.buf, (const byte *)data.buf + data.len);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&data);
    return PyBool_FromLong(closed);
}

/* Where the host of each URL is: the place of its first byte in the text, and its length, at most
 * `longest`; the length is 0 for a URL that is not plain. Returns how many are not plain. */
static PyObject *
plain_urls(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer offsets, text, starts, lengths;
    Py_ssize_t rows, first, others = 0;
    int longest, bad = 0;

    if (!PyArg_ParseTuple(args, "nny*y*iw*w*", &rows, &first, &offsets, &text, &longest, &starts,
                          &lengths))
        return NULL;
    if (rows < 0 || first < 0 || rows > PY_SSIZE_T_MAX / 16 - first - 1
        || offsets.len / 4 < rows + first + 1 || starts.len / 4 < rows || lengths.len / 4 < rows)
        bad = 1;
    else {
        Py_BEGIN_ALLOW_THREADS
        const int32_t *at = (const int32_t *)offsets.buf + first;
        const byte *data = text.buf;
        int32_t *start = starts.buf, *kept = lengths.buf;
        for (Py_ssize_t row = 0; row < rows; row++) {
            const byte *host = data;
            Py_ssize_t length;
            if (at[row] < 0 || at[row + 1] < at[row] || at[row + 1] > text.len) {
                bad = 1;
                break;
            }
            length = plain_host(data + at[row], data + at[row + 1], &host);
            others += length == 0;
            start[row] = length ? (int32_t)(host - data) : 0;
            kept[row] = (int32_t)(length > longest ? longest : length);
        }
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&offsets);
    PyBuffer_Release(&text);
    PyBuffer_Release(&starts);
    PyBuffer_Release(&lengths);
    if (bad) {
        PyErr_SetString(PyExc_ValueError, "the columns do not fit together");
        return NULL;
    }
    return PyLong_FromSsize_t(others);
}

/* --- counting -------------------------------------------------------------------------------- */

typedef struct {
    int32_t start, length; /* in the text; a length of 0 is a free place */
    uint32_t hash;
    int32_t count;
} Host;

typedef struct {
    Host *places;
    size_t mask, used;
    uint64_t key[2];
} Hosts;

/* Hosts come from logs, so anybody may choose them. The key is secret; whoever finds hosts that
 * collide nevertheless is stopped by MOST_PROBES, and Python counts that batch. */
#define MOST_PROBES 128

static uint32_t
hash_of(const byte *text, int32_t length, const uint64_t *key)
{
    uint64_t hash = key[0] ^ (uint64_t)length, word;

    for (; length >= 8; text += 8, length -= 8) {
        memcpy(&word, text, 8);
        hash = (hash ^ word) * (key[1] | 1);
        hash ^= hash >> 29;
    }
    word = 0;
    memcpy(&word, text, (size_t)length);
    hash = (hash ^ word) * (key[1] | 1);
    hash = (hash ^ hash >> 32) * (key[0] | 1);
    return (uint32_t)(hash >> 32);
}

/* The place of a host, or of where it belongs; NULL after too many probes. */
static Host *
place_of(const Hosts *hosts, const byte *text, const Host *wanted)
{
    size_t place = wanted->hash & hosts->mask;

    for (int probe = 0; probe < MOST_PROBES; probe++, place = (place + 1) & hosts->mask) {
        Host *found = &hosts->places[place];
        if (found->length == 0
            || (found->hash == wanted->hash && found->length == wanted->length
                && memcmp(text + found->start, text + wanted->start, (size_t)wanted->length) == 0))
            return found;
    }
    return NULL;
}

/* Room for twice as many hosts; 0, or -1 without memory or after too many probes. */
static int
grow(Hosts *hosts, const byte *text)
{
    Hosts larger = *hosts;

    larger.mask = hosts->mask * 2 + 1;
    larger.places = calloc(larger.mask + 1, sizeof(Host));
    if (larger.places == NULL)
        return -1;
    for (size_t i = 0; i <= hosts->mask; i++)
        if (hosts->places[i].length) {
            Host *place = place_of(&larger, text, &hosts->places[i]);
            if (place == NULL) {
                free(larger.places);
                return -1;
            }
            *place = hosts->places[i];
        }
    free(hosts->places);
    *hosts = larger;
    return 0;
}

/* 0; -1 without memory or after too many probes. */
static int
count_host(Hosts *hosts, const byte *text, int32_t start, int32_t length)
{
    Host wanted = {start, length, hash_of(text + start, length, hosts->key), 0};
    Host *place = place_of(hosts, text, &wanted);

    if (place == NULL)
        return -1;
    if (place->length == 0) {
        *place = wanted;
        hosts->used++;
    }
    place->count++;
    return hosts->used * 2 > hosts->mask ? grow(hosts, text) : 0;
}

static PyObject *
dictionary_of(const Hosts *hosts, const byte *text)
{
    PyObject *found = PyDict_New();

    for (size_t i = 0; found && i <= hosts->mask; i++) {
        const Host *host = &hosts->places[i];
        PyObject *name, *count;
        if (host->length == 0)
            continue;
        name = PyUnicode_DecodeASCII((const char *)text + host->start, host->length, "replace");
        count = PyLong_FromLong(host->count);
        if (name == NULL || count == NULL || PyDict_SetItem(found, name, count) < 0)
            Py_CLEAR(found);
        Py_XDECREF(name);
        Py_XDECREF(count);
    }
    return found;
}

/* Counts the numbers of a column, -1 left out, and the hosts of the rows with number 0. Returns
 * the hosts with their counts, None if they cannot be counted here. */
static PyObject *
count_rows(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer numbers, text, starts, lengths, counts, key;
    Py_ssize_t rows;
    int bad = 0, failed = 0;
    Hosts hosts = {.mask = 1023};
    PyObject *result = NULL;

    if (!PyArg_ParseTuple(args, "ny*y*y*y*w*y*", &rows, &numbers, &text, &starts, &lengths,
                          &counts, &key))
        return NULL;
    if (rows < 0 || numbers.len / 4 < rows || starts.len / 4 < rows || lengths.len / 4 < rows
        || key.len < 16)
        bad = 1;
    else if ((hosts.places = calloc(hosts.mask + 1, sizeof(Host))) == NULL)
        failed = 1;
    else {
        Py_BEGIN_ALLOW_THREADS
        const int32_t *number = numbers.buf, *start = starts.buf, *length = lengths.buf;
        int64_t *count = counts.buf;
        memcpy(hosts.key, key.buf, sizeof hosts.key);
        for (Py_ssize_t row = 0; row < rows; row++) {
            if (number[row] == -1)
                continue;
            if (number[row] < 0 || number[row] >= counts.len / 8 || start[row] < 0
                || length[row] < 0 || start[row] > text.len - length[row]) {
                bad = 1;
                break;
            }
            count[number[row]]++;
            if (number[row] == 0 && length[row] && !failed)
                failed = count_host(&hosts, text.buf, start[row], length[row]) < 0;
        }
        Py_END_ALLOW_THREADS
    }
    if (bad)
        PyErr_SetString(PyExc_ValueError, "the columns do not fit together");
    else if (failed)
        result = Py_NewRef(Py_None);
    else
        result = dictionary_of(&hosts, text.buf);
    free(hosts.places);
    PyBuffer_Release(&numbers);
    PyBuffer_Release(&text);
    PyBuffer_Release(&starts);
    PyBuffer_Release(&lengths);
    PyBuffer_Release(&counts);
    PyBuffer_Release(&key);
    return result;
}

static PyMethodDef methods[] = {
    {"scan_lines", scan_lines, METH_VARARGS, NULL},
    {"count_lines", count_lines, METH_VARARGS, NULL},
    {"quotes_close", quotes_close_py, METH_VARARGS, NULL},
    {"plain_urls", plain_urls, METH_VARARGS, NULL},
    {"count_rows", count_rows, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "ssoroute.replay._scan", NULL, 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit__scan(void)
{
    make_tables(); /* the same bytes each time */
    return PyModuleDef_Init(&module);
}
