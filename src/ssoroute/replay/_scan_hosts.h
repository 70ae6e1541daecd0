/* Hosts: how often each host was met, in groups. Their text is copied, once for each. */
typedef struct {
    uint32_t start; /* in the text */
    int32_t length; /* 0 is a free place */
    int32_t group;
    uint32_t hash;
    int64_t count;
} Host;

typedef struct {
    Host *places;
    size_t mask, used;
    byte *text;
    size_t size, room;
    uint64_t key[8];
} Hosts;

/* Hosts come from logs, so anybody may choose them. The key is secret; whoever finds hosts that
 * collide nevertheless is stopped by MOST_PROBES, and Python counts that piece of the log. */
#define MOST_PROBES 128

static int
hosts_init(Hosts *hosts, const void *key)
{
    memcpy(hosts->key, key, sizeof hosts->key);
    hosts->mask = 1023;
    hosts->room = 1 << 15;
    hosts->places = calloc(hosts->mask + 1, sizeof(Host));
    hosts->text = malloc(hosts->room);
    return hosts->places == NULL || hosts->text == NULL ? -1 : 0;
}

static void
hosts_free(Hosts *hosts)
{
    free(hosts->places);
    free(hosts->text);
}

/* What a host of no more than 24 bytes consists of; of a longer one, both ends. Nearly all hosts are
 * short enough, and these words take no loop, whose end no processor can foresee. */
typedef struct {
    uint64_t words[3];
} Ends;

#define LONGEST_ENDS 24

static inline uint64_t
word_at(const byte *text)
{
    uint64_t word;
    memcpy(&word, text, sizeof word);
    return word;
}

static inline Ends
ends_of(const byte *text, int32_t length)
{
    Ends ends = {{0, 0, 0}};

    if (length >= 8) {
        ends.words[0] = word_at(text);
        ends.words[1] = word_at(text + (length >= 16 ? 8 : length - 8));
        ends.words[2] = word_at(text + length - 8);
    }
    else
        for (int32_t place = 0; place < length; place++)
            ends.words[0] = ends.words[0] << 8 | text[place];
    return ends;
}

/* Pair-multiply-shift, as in `routing/_compiled_table.h`. */
static inline uint32_t
hash_of(const Hosts *hosts, Ends ends, const byte *text, int32_t length, int32_t group)
{
    const uint64_t *key = hosts->key;
    uint64_t sum = (key[6] + (uint32_t)group) * (key[7] + (uint32_t)length);

    for (int32_t at = 16; at < length - 8; at += 8) {
        ends.words[1] = (ends.words[1] ^ word_at(text + at)) * (key[0] | 1);
        ends.words[1] ^= ends.words[1] >> 32;
    }
    for (int place = 0; place < 3; place++)
        sum += (key[2 * place] + (uint32_t)ends.words[place])
            * (key[2 * place + 1] + (ends.words[place] >> 32));
    return (uint32_t)(sum >> 32);
}

/* Whether a host of the same length as `text`, whose ends are `ends`, is equal to it. */
static inline int
is_host(const byte *host, const byte *text, Ends ends, int32_t length)
{
    Ends other = ends_of(host, length);

    return ((other.words[0] ^ ends.words[0]) | (other.words[1] ^ ends.words[1])
            | (other.words[2] ^ ends.words[2])) == 0
        && (length <= LONGEST_ENDS || memcmp(host, text, (size_t)length) == 0);
}

/* The place of a host, or where it belongs; NULL after too many probes. */
static inline Host *
place_of(const Hosts *hosts, const byte *text, Ends ends, const Host *wanted)
{
    size_t place = wanted->hash & hosts->mask;

    for (int probe = 0; probe < MOST_PROBES; probe++, place = (place + 1) & hosts->mask) {
        Host *found = &hosts->places[place];
        if (found->length == 0
            || (found->hash == wanted->hash && found->length == wanted->length
                && found->group == wanted->group
                && is_host(hosts->text + found->start, text, ends, wanted->length)))
            return found;
    }
    return NULL;
}

/* Room for twice as many hosts; 0, or -1 without memory or after too many probes. */
static int
hosts_grow(Hosts *hosts)
{
    Hosts larger = *hosts;

    larger.mask = hosts->mask * 2 + 1;
    larger.places = calloc(larger.mask + 1, sizeof(Host));
    if (larger.places == NULL)
        return -1;
    for (size_t i = 0; i <= hosts->mask; i++) {
        const Host *host = &hosts->places[i];
        Host *place;
        if (host->length == 0)
            continue;
        const byte *text = hosts->text + host->start;
        place = place_of(&larger, text, ends_of(text, host->length), host);
        if (place == NULL) {
            free(larger.places);
            return -1;
        }
        *place = *host;
    }
    free(hosts->places);
    *hosts = larger;
    return 0;
}

/* A new host at its place; 0, or -1 without memory or after too many probes. */
static int
hosts_add(Hosts *hosts, Host *place, const Host *host, const byte *text)
{
    if (hosts->size + (size_t)host->length > hosts->room) {
        size_t room = hosts->room * 2;
        byte *larger = room > UINT32_MAX ? NULL : realloc(hosts->text, room);
        if (larger == NULL)
            return -1;
        hosts->text = larger;
        hosts->room = room;
    }
    memcpy(hosts->text + hosts->size, text, (size_t)host->length);
    *place = *host;
    place->start = (uint32_t)hosts->size;
    place->count = 1;
    hosts->size += (size_t)host->length;
    hosts->used++;
    return hosts->used * 2 > hosts->mask ? hosts_grow(hosts) : 0;
}

/* Counts a host of fewer than `room` bytes; 0, or -1 without memory or after too many probes. */
static inline int
count_host(Hosts *hosts, int32_t group, const byte *text, int32_t length)
{
    Ends ends = ends_of(text, length);
    Host wanted = {0, length, group, hash_of(hosts, ends, text, length, group), 0};
    Host *place = place_of(hosts, text, ends, &wanted);

    if (place == NULL)
        return -1;
    if (place->length == 0)
        return hosts_add(hosts, place, &wanted, text);
    place->count++;
    return 0;
}

/* By group: the hosts with their counts. */
static PyObject *
dictionaries_of(const Hosts *hosts, Py_ssize_t groups)
{
    PyObject *all = PyList_New(groups);

    for (Py_ssize_t group = 0; all && group < groups; group++) {
        PyObject *found = PyDict_New();
        if (found == NULL || PyList_SetItem(all, group, found) < 0)
            Py_CLEAR(all);
    }
    for (size_t i = 0; all && i <= hosts->mask; i++) {
        const Host *host = &hosts->places[i];
        PyObject *name, *count;
        if (host->length == 0)
            continue;
        name = PyUnicode_DecodeASCII((const char *)hosts->text + host->start, host->length, NULL);
        count = PyLong_FromLongLong(host->count);
        if (name == NULL || count == NULL
            || PyDict_SetItem(PyList_GetItem(all, host->group), name, count) < 0)
            Py_CLEAR(all);
        Py_XDECREF(name);
        Py_XDECREF(count);
    }
    return all;
}
