/* JSON: a line is an object with the members of a request. */
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

/* Bytes that end a run of a string: quote, backslash, control characters. */
static byte ends_run[256];

static void
make_json_table(void)
{
    for (int c = 0; c < 0x20; c++)
        ends_run[c] = 1;
    ends_run['"'] = ends_run['\\'] = 1;
}

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
