/* CSV: a line is a row. In a list of URLs, a line is one URL. */
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
            if (!is_ascii(text, length))
                out->is_ascii = 0;
            if (!csv_value(header->field[place], text, length, out))
                return 0;
        }
        place++;
        if (behind == end)
            break;
        at = behind + 1;
    }
    return place == header->width;
}

/* --- one URL a line ---------------------------------------------------------------------------- */

#define WHOLE_LINES 0xFF /* in place of the fields of a row of CSV */

/* White space around a URL is left to the plain reader, and so is a byte order mark. */
static int
url_line(const byte *at, const byte *end, Columns *out)
{
    if (end > at && end[-1] == '\r')
        end--;
    if (at == end || *at <= ' ' || end[-1] <= ' ' || *at >= 0x80 || end[-1] >= 0x80)
        return 0;
    if (!is_ascii(at, end - at))
        out->is_ascii = 0;
    return csv_value(URL, at, end - at, out);
}

/* Whether each quoted field of CSV ends on the line on which it begins, so that lines are rows. */
static int
quotes_close(const byte *at, const byte *end)
{
    const byte *quote = memchr(at, '"', (size_t)(end - at));

    if (quote == NULL)
        return 1;
    while (quote > at && quote[-1] != '\n')
        quote--;
    at = quote; /* the line with the first quote */
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
