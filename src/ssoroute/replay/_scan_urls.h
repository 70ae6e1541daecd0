/* URLs that are their own browser spelling, and their hosts (`tests/plain_urls.py` has the expression). */
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

/* The length of the host if the URL is `PLAIN_URL` (`tests/plain_urls.py` has the expression), else 0. */
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
make_url_table(void)
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
}
