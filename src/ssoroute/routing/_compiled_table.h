/* Table: the smallest rank among the strings that begin a text.
 *
 * The strings come from profiles, so their author may try to make a search slow. What bounds it:
 *
 * - The first bytes of a text, its head, lead to a bucket by a hash with a secret key. The family
 *   is pair-multiply-shift (M. Thorup, "High Speed Hashing for Integers and Strings"): for any two
 *   heads that were chosen without knowledge of the key, the two hashes are independent and
 *   uniform. So a bucket holds as many heads as chance puts there, whatever the strings are.
 *   Every index draws keys of its own, so no list of rules can be made for a key.
 * - Two heads have equal hash input only if they are equal without regard to case. A looser
 *   folding, such as `| 0x20` alone, would let `@` and a backtick pass for the same.
 * - In a bucket the strings of one head are found by bisection, and their ancestors by links that
 *   skip, so neither a shared head nor a deep chain of nested strings is walked one by one.
 */
#include <stdint.h>
#include <string.h>

#define NO_RANK INT32_MAX /* larger than every rank */
#define NONE UINT32_MAX   /* no ancestor */
#define LONGEST_HEAD 24   /* bytes of a text that tell most rules apart; three words */
#define LONGEST (1 << 28) /* bytes of a rule */
#define FEW_HEADS 256     /* so many do without a look at their buckets */
#define FEW_NODES 4       /* so many strings of a head are read ahead */
#define LINE 64           /* bytes of memory that are read together */
#define PIECE 8192        /* strings that are taken over before other threads get a turn */

/* Has memory fetched that is probably read soon, so that a search in cold caches waits for several
 * places at once. It is a hint: an address that is not there does no harm. */
#if defined(__GNUC__)
#define prefetch(address) __builtin_prefetch(address)
#else
#define prefetch(address) (void)(address)
#endif

/* ---- Text: bytes read forwards, or backwards for the suffixes of hosts ---------------------- */

typedef struct {
    const unsigned char *first; /* the byte that is read first */
    Py_ssize_t size;
    int step; /* 1 or -1 */
} Text;

static inline Text
text_of(const char *start, Py_ssize_t size, int step)
{
    const char *first = step == 1 || size == 0 ? start : start + size - 1;
    return (Text){(const unsigned char *)first, size, step};
}

/* Only A-Z is ever folded. */
static inline unsigned char
folded(unsigned char byte)
{
    return (unsigned char)(byte - 'A') < 26 ? byte | 0x20 : byte;
}

static inline unsigned char
byte_at(Text text, Py_ssize_t place)
{
    return folded(text.first[place * text.step]);
}

/* Eight bytes from `place` on as a number, each folded. The number depends on the byte order of
 * the machine, which does not matter inside one process. A byte that is not ASCII spoils its
 * neighbour, which does not matter either: such a text matches nothing. */
static inline uint64_t
word_at(Text text, Py_ssize_t place)
{
    const uint64_t each = UINT64_C(0x0101010101010101);
    uint64_t word;
    memcpy(&word, text.step == 1 ? text.first + place : text.first - place - 7, 8);
    /* the highest bit of each byte: set from `A` on; set from `[` on */
    uint64_t from_a = word + each * (0x80 - 'A'), past_z = word + each * (0x80 - '[');
    return word | (from_a & ~past_z & each * 0x80) >> 2;
}

/* How many bytes two texts have in common, if the first `from` are known to be equal. */
static inline Py_ssize_t
common_bytes(Text one, Text other, Py_ssize_t from)
{
    Py_ssize_t end = one.size < other.size ? one.size : other.size;
    while (end - from >= 8 && word_at(one, from) == word_at(other, from))
        from += 8;
    while (from < end && byte_at(one, from) == byte_at(other, from))
        from++;
    return from;
}

/* Whether `one` sorts before `other`, with which it has `common` bytes in common. */
static inline int
is_before(Text one, Text other, Py_ssize_t common)
{
    return common < other.size &&
           (common == one.size || byte_at(one, common) < byte_at(other, common));
}

#define NO_STORAGE (-1)

/* The bytes of a `str` if it is ASCII. NULL without an error if it is not, with an error if
 * something failed. For ASCII this is the string's own storage, nothing is made.
 *
 * `storage` is where the bytes of an ASCII `str` begin in the object (see `string_at`). Those of
 * another one are never there, so a second call of Python is spared; NO_STORAGE if it is unknown. */
static inline const char *
ascii_bytes(PyObject *string, Py_ssize_t *size, Py_ssize_t storage)
{
    const char *bytes = PyUnicode_AsUTF8AndSize(string, size);
    if (storage != NO_STORAGE && bytes == (const char *)string + storage)
        return bytes;
    if (bytes == NULL) {
        if (PyErr_ExceptionMatches(PyExc_UnicodeEncodeError)) /* a lone surrogate */
            PyErr_Clear();
        return NULL;
    }
    return *size == PyUnicode_GetLength(string) ? bytes : NULL;
}

/* ---- Hash: of a head, with a secret key ------------------------------------------------------ */

typedef struct {
    uint64_t numbers[7];
} Key;

typedef struct {
    uint64_t words[3];
} Head;

static inline Head
head_of(Text text, Py_ssize_t size)
{
    Head head = {{0, 0, 0}};
    if (size >= 8) {
        head.words[0] = word_at(text, 0);
        head.words[1] = word_at(text, size >= 16 ? 8 : size - 8);
        head.words[2] = word_at(text, size - 8);
    }
    else
        for (Py_ssize_t place = 0; place < size; place++)
            head.words[0] = head.words[0] << 8 | byte_at(text, place);
    return head;
}

/* Its lowest bits are the number of the bucket, others are the bits of the filter. */
static inline uint32_t
hash_of(const Key *key, Head head)
{
    const uint64_t *numbers = key->numbers;
    uint64_t sum = numbers[6];
    for (int place = 0; place < 3; place++)
        sum += (numbers[2 * place] + (uint32_t)head.words[place]) *
               (numbers[2 * place + 1] + (head.words[place] >> 32));
    return (uint32_t)(sum >> 32);
}

/* ---- Table ----------------------------------------------------------------------------------- */

typedef struct {
    PyObject *string;
    uint32_t size;
    uint32_t parent; /* the longest other string that begins this one, or NONE */
    uint32_t jump;   /* an ancestor further up, or NONE, as in the pure `PrefixTable` */
    int32_t rank;    /* the smallest one of the string and its ancestors */
    uint32_t hash;   /* of its head, so that most other heads need no look at the string */
    uint32_t alike;  /* of the first node with a head: how many have it */
} Node;

/* The nodes whose heads lead here, beside what settles most misses. */
typedef struct {
    uint64_t filter; /* two bits for each head */
    uint32_t first, end;
} Bucket;

typedef struct {
    uint32_t count;
    int step;           /* how its strings are read */
    int is_exact;       /* whether a string stands for itself alone, and begins nothing else */
    Py_ssize_t head;    /* bytes of a head; no string is shorter */
    Py_ssize_t storage; /* where the bytes of an ASCII `str` begin in the object */
    void *memory;       /* of the nodes */
    Node *nodes;        /* by bucket; in it sorted as their strings are read, without regard to case */
    Bucket *buckets;
    uint32_t *places; /* by node: its place among all strings, sorted; or NULL if nobody asks */
    uint32_t mask;    /* of the number of a bucket */
    int bits;         /* how many of them the mask has */
    Key key;
    uintptr_t facts, decisions; /* where eight bytes a rank are read next; only for `prefetch` */
    int has_few;       /* whether it has few heads, all of them longer than a word */
    uint64_t ends[64]; /* of few heads: a bit for the last word of each, by a hash */
} Table;

/* The string of a node, read without a call and without the interpreter lock.
 *
 * CPython keeps the bytes of an ASCII `str` behind its header, in the object itself, but the
 * stable ABI does not say how large the header is. `table_storage` finds it out from a string of
 * which Python gives the address of the bytes, and `node_init` copies every string whose bytes are
 * elsewhere (a subclass of `str`). Neither the object nor its bytes move or change while the node
 * holds a reference. */
static Text
string_at(const Table *table, uint32_t node)
{
    const char *bytes = (const char *)table->nodes[node].string + table->storage;
    return text_of(bytes, table->nodes[node].size, table->step);
}

static inline uint64_t
filter_bits(uint32_t hash)
{
    return UINT64_C(1) << (hash >> 20 & 63) | UINT64_C(1) << (hash >> 26);
}

/* The place among the bits of `ends` for a text that is as long as a head. */
static inline uint32_t
end_bit(const Table *table, Text text)
{
    return (uint32_t)(word_at(text, table->head - 8) * (table->key.numbers[0] | 1) >> 52);
}

/* What is read if this node is the one that was looked for. */
static inline void
prefetch_node(const Table *table, uint32_t place)
{
    const Node *node = &table->nodes[place];
    const char *bytes = (const char *)node->string + table->storage;
    prefetch(bytes);
    prefetch(bytes + node->size);
    prefetch((const char *)(table->facts + 8 * (uintptr_t)node->rank));
    prefetch((const char *)(table->decisions + 8 * (uintptr_t)node->rank));
}

/* The last string from `first` on, of those with its head, that is not greater than `text`; NONE if
 * all are greater. `*common` says what they have in common. What all strings in question share is
 * read once. */
static uint32_t
find_node(const Table *table, uint32_t first, Text text, Py_ssize_t *common)
{
    uint32_t low = first, high = first + table->nodes[first].alike;
    if (high - low <= FEW_NODES)
        for (uint32_t node = low; node < high; node++)
            prefetch_node(table, node);
    Py_ssize_t low_common = 0, high_common = 0;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        Text string = string_at(table, middle);
        Py_ssize_t known = low_common < high_common ? low_common : high_common;
        Py_ssize_t same = common_bytes(string, text, known);
        if (is_before(text, string, same)) {
            high = middle;
            high_common = same;
        }
        else {
            low = middle + 1;
            low_common = same;
        }
    }
    *common = low_common;
    return low > first ? low - 1 : NONE;
}

/* `node` or its first ancestor that is not longer than `size`, NONE if there is none. */
static inline uint32_t
ancestor_within(const Table *table, uint32_t node, Py_ssize_t size)
{
    const Node *nodes = table->nodes;
    while (node != NONE && nodes[node].size > size) {
        uint32_t far = nodes[node].jump;
        node = far != NONE && nodes[far].size > size ? far : nodes[node].parent;
    }
    return node;
}

/* Whether the last word of a head settles that no string begins `text`: it does for most texts, in
 * half of the time that a hash takes. */
static inline int
is_settled(const Table *table, Text text)
{
    if (table->count == 0 || text.size < table->head)
        return 1;
    if (!table->has_few)
        return 0;
    uint32_t bit = end_bit(table, text);
    return !(table->ends[bit / 64] >> bit % 64 & 1);
}

/* The deepest string of a bucket that begins `text`, whose head has this hash; NONE if there is none. */
static uint32_t
find_in_bucket(const Table *table, const Bucket *bucket, uint32_t hash, Text text)
{
    for (uint32_t first = bucket->first; first < bucket->end; first += table->nodes[first].alike) {
        if (table->nodes[first].hash != hash)
            continue;
        Py_ssize_t common;
        uint32_t node = find_node(table, first, text, &common);
        if (node == NONE || common < table->head)
            continue; /* another head with the same hash */
        if (table->is_exact)
            return table->nodes[node].size == common && text.size == common ? node : NONE;
        return ancestor_within(table, node, common);
    }
    return NONE;
}

/* The deepest string that begins `text`, NONE if there is none. Most texts share their head with no
 * string: that takes one word of the filter, whatever the number of rules, and a branch that is
 * nearly always the same (docs/performance.md, "A miss"). */
static inline uint32_t
find_deepest(const Table *table, Text text)
{
    if (is_settled(table, text))
        return NONE;
    uint32_t hash = hash_of(&table->key, head_of(text, table->head));
    const Bucket *bucket = &table->buckets[hash & table->mask];
    uint64_t bits = filter_bits(hash);
    /* chance puts about as many nodes into each bucket, so they are near */
    prefetch(&table->nodes[(uint64_t)(hash & table->mask) * table->count >> table->bits]);
    return (bucket->filter & bits) == bits ? find_in_bucket(table, bucket, hash, text) : NONE;
}

/* The smallest rank among the strings that begin `text`. */
static inline int32_t
find(const Table *table, Text text)
{
    uint32_t node = find_deepest(table, text);
    return node == NONE ? NO_RANK : table->nodes[node].rank;
}

/* ---- Making a table -------------------------------------------------------------------------- */

/* Everything but `table_fill` runs without the interpreter lock, on memory that no other thread
 * knows. `table_fill` gives other threads a turn after each piece. So a reload with hundreds of
 * thousands of rules stalls no other thread. */

static void
table_free(Table *table)
{
    for (uint32_t node = 0; table->nodes && node < table->count; node++)
        Py_XDECREF(table->nodes[node].string);
    PyMem_Free(table->memory);
    PyMem_Free(table->places);
    PyMem_Free(table->buckets);
}

/* Room for all nodes, none of which is in two lines; 0, or -1 with an error. */
static int
table_room(Table *table)
{
    table->memory = PyMem_Calloc((size_t)table->count + LINE / sizeof(Node), sizeof(Node));
    if (table->memory == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    table->nodes = (Node *)(((uintptr_t)table->memory + LINE - 1) / LINE * LINE);
    return 0;
}

/* Where the bytes of an ASCII `str` begin (see `string_at`); -1 with an error. */
static Py_ssize_t
table_storage(void)
{
    Py_ssize_t size, storage = -1;
    PyObject *any = PyUnicode_FromString("any string of ASCII");
    const char *bytes = any == NULL ? NULL : ascii_bytes(any, &size, NO_STORAGE);
    if (bytes != NULL)
        storage = bytes - (const char *)any;
    Py_XDECREF(any);
    return storage;
}

/* The length of a head: that of the shortest string, but no more than LONGEST_HEAD; -1 with an
 * error. */
static Py_ssize_t
table_head(PyObject *strings)
{
    Py_ssize_t head = LONGEST_HEAD, count = PyTuple_Size(strings);
    for (Py_ssize_t node = 0; node < count; node++) {
        PyObject *string = PyTuple_GetItem(strings, node);
        Py_ssize_t size = PyUnicode_Check(string) ? PyUnicode_GetLength(string) : 0;
        if (size == 0) {
            PyErr_SetString(PyExc_ValueError, "a string is empty, or is not a string");
            return -1;
        }
        head = size < head ? size : head;
    }
    return head;
}

/* Take over one string and its rank; 0, or -1 with an error. */
static int
node_init(const Table *table, Node *node, PyObject *string, PyObject *rank)
{
    long number = PyLong_AsLong(rank);
    if (number == -1 && PyErr_Occurred())
        return -1;
    Py_ssize_t size;
    const char *bytes = ascii_bytes(string, &size, table->storage);
    if (bytes == NULL || size > LONGEST || number < 0 || number >= NO_RANK) {
        if (!PyErr_Occurred())
            PyErr_SetString(PyExc_ValueError, "a string is not ASCII, or its rank is invalid");
        return -1;
    }
    PyObject *own = bytes - (const char *)string == table->storage
                        ? Py_NewRef(string)
                        : PyUnicode_FromStringAndSize(bytes, size);
    if (own == NULL)
        return -1;
    *node = (Node){own, (uint32_t)size, NONE, NONE, (int32_t)number, 0, 0};
    return 0;
}

/* The nodes out of the strings and their ranks; 0, or -1 with an error. */
static int
table_fill(Table *table, PyObject *strings, PyObject *ranks)
{
    for (uint32_t node = 0; node < table->count; node++) {
        if (node_init(table, &table->nodes[node], PyTuple_GetItem(strings, node),
                      PyTuple_GetItem(ranks, node)) < 0)
            return -1;
        if (node % PIECE == PIECE - 1) {
            Py_BEGIN_ALLOW_THREADS /* threads that wait get a turn here */
            Py_END_ALLOW_THREADS
        }
    }
    return 0;
}

/* Link each string to its ancestors, and give it the smallest rank among them. `depths` has room
 * for a number a node. The number of different heads, or -1 if the strings are not sorted. */
static int64_t
table_link(Table *table, uint32_t *depths)
{
    Node *nodes = table->nodes;
    int64_t heads = 0;
    for (uint32_t node = 0; node < table->count; node++) {
        Py_ssize_t common = 0;
        if (node) {
            Text text = string_at(table, node), last = string_at(table, node - 1);
            common = common_bytes(last, text, 0);
            if (!is_before(last, text, common))
                return -1;
        }
        heads += node == 0 || common < table->head;
        depths[node] = 1;
        if (node == 0 || table->is_exact)
            continue;
        /* Only the last string and its ancestors can begin this one, and those that do not are
         * never looked at again. */
        uint32_t parent = node - 1;
        while (parent != NONE && nodes[parent].size > common)
            parent = nodes[parent].parent;
        nodes[node].parent = parent;
        if (parent == NONE)
            continue;
        /* With links as long as these, a way up takes a logarithm of the depth. */
        uint32_t far = nodes[parent].jump, further = far == NONE ? NONE : nodes[far].jump;
        uint32_t depth = far == NONE ? 0 : depths[far];
        uint32_t further_depth = further == NONE ? 0 : depths[further];
        int same_length = depths[parent] - depth == depth - further_depth;
        nodes[node].jump = same_length ? further : parent;
        depths[node] = depths[parent] + 1;
        if (nodes[parent].rank < nodes[node].rank)
            nodes[node].rank = nodes[parent].rank;
    }
    return heads;
}

/* Whether a node's string has another head than the one before it. */
static inline int
begins_group(const Table *table, uint32_t node)
{
    Text text = string_at(table, node);
    text.size = table->head;
    return node == 0 || common_bytes(string_at(table, node - 1), text, 0) < table->head;
}

/* Find the bucket of each node, and its place: `places` gets a number a node. */
static void
table_place(Table *table, uint32_t *places)
{
    Node *nodes = table->nodes;
    uint32_t first = 0; /* of those with the head */
    for (uint32_t node = 0; node < table->count; node++) {
        if (begins_group(table, node)) {
            first = node;
            nodes[node].hash = hash_of(&table->key, head_of(string_at(table, node), table->head));
        }
        nodes[node].hash = nodes[first].hash;
        nodes[first].alike++;
        table->buckets[nodes[node].hash & table->mask].end++;
    }
    for (uint64_t bucket = 0, end = 0; bucket <= table->mask; bucket++) {
        table->buckets[bucket].first = (uint32_t)end;
        end += table->buckets[bucket].end;
        table->buckets[bucket].end = table->buckets[bucket].first;
    }
    for (uint32_t node = 0; node < table->count; node++) {
        Bucket *bucket = &table->buckets[nodes[node].hash & table->mask];
        bucket->filter |= filter_bits(nodes[node].hash);
        places[node] = bucket->end++;
        if (table->has_few) {
            uint32_t bit = end_bit(table, string_at(table, node));
            table->ends[bit / 64] |= UINT64_C(1) << bit % 64;
        }
    }
}

static inline uint32_t
moved(const uint32_t *places, uint32_t node)
{
    return node == NONE ? NONE : places[node];
}

/* Put each of the sorted nodes at its place. */
static void
table_move(Table *table, const Node *sorted, const uint32_t *places)
{
    for (uint32_t node = 0; node < table->count; node++) {
        Node *new = &table->nodes[places[node]];
        *new = sorted[node];
        new->parent = moved(places, new->parent);
        new->jump = moved(places, new->jump);
        if (table->places != NULL)
            table->places[places[node]] = node;
    }
}

/* The buckets, and the nodes in their order; 0, or -1 with an error. */
static int
table_index(Table *table, int has_places)
{
    int64_t heads = 0;
    void *memory = table->memory; /* of the nodes in the order of their strings */
    const Node *sorted = table->nodes;
    uint32_t *numbers = PyMem_Calloc((size_t)table->count + 1, sizeof *numbers);
    if (numbers == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    Py_BEGIN_ALLOW_THREADS
    heads = table_link(table, numbers);
    Py_END_ALLOW_THREADS
    if (heads < 0) {
        PyErr_SetString(PyExc_ValueError, "the strings are not sorted");
        goto failed;
    }
    table->has_few = heads <= FEW_HEADS && table->head >= 8;
    while (UINT64_C(4) << table->bits < (uint64_t)heads) /* of other heads about one in a hundred passes */
        table->bits++;
    uint64_t buckets = UINT64_C(1) << table->bits;
    table->mask = (uint32_t)(buckets - 1);
    table->buckets = PyMem_Calloc(buckets, sizeof *table->buckets);
    if (has_places)
        table->places = PyMem_Calloc((size_t)table->count + 1, sizeof *table->places);
    if (table->buckets == NULL || (has_places && table->places == NULL)) {
        PyErr_NoMemory();
        goto failed;
    }
    Py_BEGIN_ALLOW_THREADS
    table_place(table, numbers);
    Py_END_ALLOW_THREADS
    if (table_room(table) < 0) {
        table->memory = memory; /* with the strings, which are freed there */
        goto failed;
    }
    Py_BEGIN_ALLOW_THREADS
    table_move(table, sorted, numbers);
    Py_END_ALLOW_THREADS
    PyMem_Free(memory);
    PyMem_Free(numbers);
    return 0;
failed:
    PyMem_Free(numbers);
    return -1;
}

enum { FORWARDS = 1, BACKWARDS = -1 };
enum { IS_EXACT = 1, HAS_PLACES = 2 };

/* A table of `pair`: a tuple of sorted ASCII strings, and a tuple of their ranks. The strings are
 * kept, not copied. 0, or -1 with an error. */
static int
table_init(Table *table, PyObject *pair, const Key *key, int step, int flags)
{
    PyObject *strings, *ranks;
    if (!PyArg_ParseTuple(pair, "O!O!", &PyTuple_Type, &strings, &PyTuple_Type, &ranks))
        return -1;
    Py_ssize_t count = PyTuple_Size(strings);
    if (PyTuple_Size(ranks) != count || count >= INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "there is not one rank for each string");
        return -1;
    }
    table->step = step;
    table->is_exact = flags & IS_EXACT;
    table->key = *key;
    table->storage = table_storage();
    table->head = table->storage < 0 ? -1 : table_head(strings);
    if (table->head < 0)
        return -1;
    table->count = (uint32_t)count;
    if (table_room(table) < 0 || table_fill(table, strings, ranks) < 0)
        return -1;
    return table_index(table, flags & HAS_PLACES);
}
