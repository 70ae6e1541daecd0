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
    uint64_t key[2];
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

static inline uint32_t
hash_of(const Hosts *hosts, const byte *text, int32_t length, int32_t group)
{
    uint64_t hash = hosts->key[0] ^ ((uint64_t)(uint32_t)group << 32 | (uint32_t)length), word;

    for (; length >= 8; text += 8, length -= 8) {
        memcpy(&word, text, 8);
        hash = (hash ^ word) * (hosts->key[1] | 1);
        hash ^= hash >> 29;
    }
    word = 0;
    memcpy(&word, text, (size_t)length);
    hash = (hash ^ word) * (hosts->key[1] | 1);
    hash = (hash ^ hash >> 32) * (hosts->key[0] | 1);
    return (uint32_t)(hash >> 32);
}

/* The place of a host, or where it belongs; NULL after too many probes. */
static inline Host *
place_of(const Hosts *hosts, const byte *text, const Host *wanted)
{
    size_t place = wanted->hash & hosts->mask;

    for (int probe = 0; probe < MOST_PROBES; probe++, place = (place + 1) & hosts->mask) {
        Host *found = &hosts->places[place];
        if (found->length == 0
            || (found->hash == wanted->hash && found->length == wanted->length
                && found->group == wanted->group
                && memcmp(hosts->text + found->start, text, (size_t)wanted->length) == 0))
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
        place = place_of(&larger, hosts->text + host->start, host);
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
    Host wanted = {0, length, group, hash_of(hosts, text, length, group), 0};
    Host *place = place_of(hosts, text, &wanted);

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
