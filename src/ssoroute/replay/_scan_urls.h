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

/* The length of the host at `at`, before a `/`; 0 if it is not its own browser spelling. */
static Py_ssize_t
host_length(const byte *at, const byte *end)
{
    const byte *start = at, *label = at;
    byte kind, before = MARK, odd = 0;

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
    return at - start;
}

/* Whether what follows a host is its own browser spelling. */
static int
is_plain_path(const byte *at, const byte *end)
{
    while (at < end && *at == '/') {
        at++;
        if (at < end && kind_of[*at] & FIRST)
            at = run_of(at, end, PATH);
    }
    if (at < end && *at == '?')
        at = run_of(at + 1, end, REST);
    if (at < end && *at == '#')
        at = run_of(at + 1, end, REST);
    return at == end;
}

/* Where the host of a URL of HTTP begins; NULL if it is another one or a short one. */
static inline const byte *
host_start(const byte *at, const byte *end)
{
    if (end - at < 9 || memcmp(at, "http", 4) != 0)
        return NULL;
    at += 4 + (at[4] == 's');
    return memcmp(at, "://", 3) == 0 ? at + 3 : NULL;
}

#if defined(__GNUC__) && defined(__x86_64__)
/* The same with AVX2, 32 characters at a time: a third of the time. */
#include <immintrin.h>
#define AVX2 __attribute__((target("avx2")))

/* The characters of a kind: those for which the lower half of the byte and the upper one have a bit
 * in common. */
typedef struct {
    byte low[16], high[16];
} Halfbytes;

static Halfbytes rest, host_or_mark;
static int has_avx2;

/* Each set of lower halves that some upper half has gets a bit. */
static void
make_halfbytes(Halfbytes *made, byte kind)
{
    int sets[8], count = 0;

    for (int high = 0; high < 16; high++) {
        int set = 0, place = 0;
        for (int low = 0; low < 16; low++)
            set |= ((kind_of[high << 4 | low] & kind) != 0) << low;
        while (place < count && sets[place] != set)
            place++;
        if (set == 0 || place == 8)
            continue; /* there are six sets at the most */
        if (place == count)
            sets[count++] = set;
        made->high[high] = (byte)(1 << place);
        for (int low = 0; low < 16; low++)
            made->low[low] |= (byte)((set >> low & 1) << place);
    }
}

AVX2 static inline __m256i
loaded(const void *at)
{
    return _mm256_loadu_si256(at);
}

/* Which of 32 characters are not of a kind. */
AVX2 static inline __m256i
others(const Halfbytes *kind, __m256i text)
{
    __m256i low = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)kind->low));
    __m256i high = _mm256_broadcastsi128_si256(_mm_loadu_si128((const __m128i *)kind->high));
    __m256i above = _mm256_and_si256(_mm256_srli_epi16(text, 4), _mm256_set1_epi8(15));
    __m256i both = _mm256_and_si256(_mm256_shuffle_epi8(low, text), _mm256_shuffle_epi8(high, above));
    return _mm256_cmpeq_epi8(both, _mm256_setzero_si256());
}

AVX2 static inline uint32_t
equal_to(__m256i text, char character)
{
    return (uint32_t)_mm256_movemask_epi8(_mm256_cmpeq_epi8(text, _mm256_set1_epi8(character)));
}

/* `host_length` for a host of fewer than 32 characters, -1 for others. */
AVX2 static inline Py_ssize_t
short_host_length(const byte *at)
{
    __m256i text = loaded(at);
    uint32_t behind = (uint32_t)_mm256_movemask_epi8(others(&host_or_mark, text));
    if (behind == 0)
        return -1;
    int length = __builtin_ctz(behind);
    uint32_t inside = (UINT32_C(1) << length) - 1, dots = equal_to(text, '.') & inside;
    uint32_t marks = dots | (equal_to(text, '-') & inside);
    int label = dots ? 32 - __builtin_clz(dots) : 0;
    if (length == 0 || at[length] != '/' || marks & (marks << 1 | 1) || marks >> (length - 1)
        || at[label] < 'a' || at[label] > 'z')
        return 0;
    return length;
}

/* `only_rest` for more than 33 characters. */
AVX2 static inline int
only_rest_of_many(const byte *at, const byte *end)
{
    const byte *last = end - 32 - 1;
    __m256i odd = _mm256_setzero_si256();

    for (;; at += 32) {
        if (at > last)
            at = last;
        __m256i text = loaded(at), next = loaded(at + 1);
        __m256i slash = _mm256_cmpeq_epi8(text, _mm256_set1_epi8('/'));
        __m256i dot = _mm256_cmpeq_epi8(next, _mm256_set1_epi8('.'));
        __m256i percent = _mm256_cmpeq_epi8(next, _mm256_set1_epi8('%'));
        odd = _mm256_or_si256(odd, _mm256_and_si256(slash, _mm256_or_si256(dot, percent)));
        odd = _mm256_or_si256(odd, others(&rest, text));
        if (at == last)
            return _mm256_testz_si256(odd, odd);
    }
}

/* `plain_host` for a URL whose host begins at `at`, 33 characters or more before the end. */
AVX2 static Py_ssize_t
plain_host_of_many(const byte *at, const byte *end)
{
    Py_ssize_t length = short_host_length(at);
    if (length < 0)
        length = host_length(at, end);
    if (length == 0)
        return 0;
    at += length;
    if (end - at > 33 ? kind_of[end[-1]] & REST && only_rest_of_many(at, end) : is_usual(at, end))
        return length;
    return is_plain_path(at, end) ? length : 0;
}

static void
choose_avx2(int wanted)
{
    __builtin_cpu_init();
    has_avx2 = wanted && __builtin_cpu_supports("avx2");
}

static void
make_avx2(void)
{
    make_halfbytes(&rest, REST);
    make_halfbytes(&host_or_mark, HOST);
    choose_avx2(1);
}
#else
#define has_avx2 0
#define plain_host_of_many(at, end) 0
#define choose_avx2(wanted) (void)(wanted)
#define make_avx2()
#endif

/* The length of the host if the URL is `PLAIN_URL` (`tests/plain_urls.py` has the expression), else 0. */
static Py_ssize_t
plain_host(const byte *at, const byte *end, const byte **host)
{
    Py_ssize_t length;

    *host = at = host_start(at, end);
    if (at == NULL)
        return 0;
    if (has_avx2 && end - at > 33)
        return plain_host_of_many(at, end);
    length = host_length(at, end);
    if (length && (is_usual(at + length, end) || is_plain_path(at + length, end)))
        return length;
    return 0;
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
    make_avx2();
}
