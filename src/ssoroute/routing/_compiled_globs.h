/* Globs: the smallest rank among the URL prefixes with a wildcard, in one pass over a URL.
 *
 * `wildcards.py` makes the tree: the roots are the heads, each child adds a piece. A search begins
 * at the roots whose heads begin the URL. It reads the URL once, and an automaton (Aho, Corasick)
 * reports the pieces that end at each byte. Each node that was reached waits for the pieces of its
 * children; a child is reached where its piece occurs first, which leaves the most for the others.
 *
 * So the work is the length of the URL plus the nodes that are reached, not their product. What
 * bounds it where the author of the rules may try to make it slow:
 *
 * - The automaton knows the first NEEDLE bytes of each piece, so no more than NEEDLE pieces end at
 *   a byte, and a child is looked at no more than NEEDLE times before its turn.
 * - A longer piece is searched by a way that is linear in the URL, once for each node that waits
 *   for it, after its first bytes have occurred. This alone is the product of rules and length.
 * - No node is reached twice, and none whose prefixes all come after the best one so far.
 *
 * Thousands of prefixes with one head would make thousands of children wait before the first byte
 * is read. So the children of the root that has most of them do not: they are looked up by needle
 * when it occurs.
 */
#include <stdint.h>

#define NEEDLE 255 /* bytes; `depth` has room for no more */
#define ROWS 129   /* the states of no byte and of one */
#define MANY 16    /* children that are not made to wait one by one */

/* What was read last, as far as it begins a needle. State 0 is nothing, state N + 1 is byte N. */
typedef struct {
    uint32_t child;   /* the first one; 0 for none, since the root is no child */
    uint32_t sibling; /* the next one, 0 for none */
    uint32_t fail;    /* the longest other state that ends this one */
    uint32_t link;    /* the next state on that way where a needle ends, 0 for none */
    uint32_t met;     /* this state if a needle ends here, else `link` */
    uint32_t needle;  /* the number of the needle that ends here, or NONE */
    uint8_t byte, depth;
} State;

typedef struct {
    PyObject *string;
    const unsigned char *bytes;
    uint32_t size;
    uint32_t needle;
    uint32_t *failures; /* of the Knuth-Morris-Pratt search; NULL if the needle is all of it */
} Piece;

typedef struct {
    uint32_t first, last; /* its children are the nodes from `first` to before `last` */
    uint32_t piece;
    int32_t rank;  /* of the prefix that ends here */
    int32_t more;  /* of the prefix that ends here and wants one more character */
    int32_t least; /* of these and of all nodes below */
    uint32_t parent;
} Glob;

typedef struct {
    uint32_t pieces, nodes, needles, states;
    Piece *piece;
    Glob *node;
    State *state;
    uint32_t *order;     /* in the places of the children of a node: them, sorted by needle */
    uint32_t *failures;  /* of all long pieces */
    uint32_t *rows;      /* by 128 * a state below ROWS + a byte: the state after it */
} Globs;

/* What a search writes; one thread uses it at a time. */
typedef struct {
    uint32_t search;   /* the number of the search */
    uint32_t *looked;  /* by needle: the last search that looked up the children of its root */
    uint32_t *written; /* by needle: the last search that wrote to `waiting` */
    uint32_t *waiting; /* by needle: the first node that waits for it, or NONE */
    uint32_t *next;    /* by node: the next one that waits for the same needle */
    Py_ssize_t *since; /* by node: where its piece may begin; once that is found, where it ends */
    uint32_t *later;   /* a heap by `since`: nodes whose long piece is found, and ends further on */
} Scratch;

/* ---- Searching ------------------------------------------------------------------------------- */

typedef struct {
    const Globs *globs;
    Scratch *scratch;
    Text text;
    int32_t best;
    uint32_t waiting; /* nodes that wait for a needle */
    uint32_t later;   /* nodes in the heap */
    uint32_t largest; /* the root whose children are looked up, or NONE */
    Py_ssize_t from;  /* where its head ends */
} Search;

/* Most of a URL is read in states of one byte or none, which have many children: they have rows,
 * the others have lists. */
static inline uint32_t
state_after(const Globs *globs, uint32_t state, unsigned char byte)
{
    for (; state >= ROWS; state = globs->state[state].fail) {
        uint32_t child = globs->state[state].child;
        while (child && globs->state[child].byte != byte)
            child = globs->state[child].sibling;
        if (child)
            return child;
    }
    return globs->rows[state * 128 + byte];
}

/* The nodes that wait for a needle; a place to write. */
static inline uint32_t *
waiting_for(Scratch *scratch, uint32_t needle)
{
    if (scratch->written[needle] != scratch->search) {
        scratch->written[needle] = scratch->search;
        scratch->waiting[needle] = NONE;
    }
    return &scratch->waiting[needle];
}

/* A node is reached, and its prefix ends before `end`. */
static void
reach(Search *search, uint32_t node, Py_ssize_t end)
{
    const Globs *globs = search->globs;
    const Glob *glob = &globs->node[node];
    if (glob->rank < search->best)
        search->best = glob->rank;
    if (glob->more < search->best && end < search->text.size)
        search->best = glob->more;
    if (node == search->largest)
        return;
    for (uint32_t child = glob->first; child < glob->last; child++) {
        if (globs->node[child].least >= search->best)
            continue;
        uint32_t needle = globs->piece[globs->node[child].piece].needle;
        uint32_t *waiting = waiting_for(search->scratch, needle);
        search->scratch->since[child] = end;
        search->scratch->next[child] = *waiting;
        *waiting = child;
        search->waiting++;
    }
}

/* Where a long piece ends that begins at `start` or later; -1 if it does not occur. */
static Py_ssize_t
end_of_long(const Piece *piece, Text text, Py_ssize_t start)
{
    uint32_t same = 0;
    for (Py_ssize_t place = start; place < text.size; place++) {
        unsigned char byte = byte_at(text, place);
        while (same && piece->bytes[same] != byte)
            same = piece->failures[same - 1];
        same += piece->bytes[same] == byte;
        if (same == piece->size)
            return place + 1;
    }
    return -1;
}

static void
put_later(Search *search, uint32_t node, Py_ssize_t end)
{
    uint32_t *heap = search->scratch->later, place = search->later++;
    Py_ssize_t *ends = search->scratch->since;
    ends[node] = end;
    for (; place && ends[heap[(place - 1) / 2]] > end; place = (place - 1) / 2)
        heap[place] = heap[(place - 1) / 2];
    heap[place] = node;
}

/* The node of the heap whose piece ends first; there is one. */
static uint32_t
take_later(Search *search)
{
    uint32_t *heap = search->scratch->later, first = heap[0], place = 0, child;
    Py_ssize_t *ends = search->scratch->since;
    uint32_t node = heap[--search->later];
    for (; (child = 2 * place + 1) < search->later; place = child) {
        child += child + 1 < search->later && ends[heap[child + 1]] < ends[heap[child]];
        if (ends[heap[child]] >= ends[node])
            break;
        heap[place] = heap[child];
    }
    heap[place] = node;
    return first;
}

/* The piece of a node begins at `start`, or its needle alone does; `end` is where that ends. */
static void
meet(Search *search, uint32_t node, Py_ssize_t start, Py_ssize_t end)
{
    const Piece *piece = &search->globs->piece[search->globs->node[node].piece];
    if (search->globs->node[node].least >= search->best)
        return;
    if (piece->failures == NULL)
        reach(search, node, end);
    else if ((end = end_of_long(piece, search->text, start)) >= 0)
        put_later(search, node, end);
}

/* The children of the largest root that wait for a needle, when it occurs first. */
static void
meet_looked_up(Search *search, uint32_t needle, Py_ssize_t start, Py_ssize_t end)
{
    const Globs *globs = search->globs;
    const Glob *root = &globs->node[search->largest];
    uint32_t low = root->first, high = root->last;
    search->scratch->looked[needle] = search->scratch->search;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (globs->piece[globs->node[globs->order[middle]].piece].needle < needle)
            low = middle + 1;
        else
            high = middle;
    }
    for (; low < root->last; low++) {
        uint32_t node = globs->order[low];
        if (globs->piece[globs->node[node].piece].needle != needle)
            break;
        meet(search, node, start, end);
    }
}

/* A needle begins at `start`: the nodes that wait for it are met, or wait on. */
static void
occur(Search *search, uint32_t needle, Py_ssize_t start, Py_ssize_t end)
{
    Scratch *scratch = search->scratch;
    if (search->largest != NONE && start >= search->from &&
        scratch->looked[needle] != scratch->search)
        meet_looked_up(search, needle, start, end);
    uint32_t *waiting = waiting_for(scratch, needle);
    uint32_t node = *waiting, next;
    *waiting = NONE;
    for (; node != NONE; node = next) {
        next = scratch->next[node];
        if (scratch->since[node] > start) {
            scratch->next[node] = *waiting;
            *waiting = node;
            continue;
        }
        search->waiting--;
        meet(search, node, start, end);
    }
}

static void
reach_later(Search *search)
{
    uint32_t node = take_later(search);
    if (search->globs->node[node].least < search->best)
        reach(search, node, search->scratch->since[node]);
}

/* Read from `place` to where a needle ends, or to `stop`, which is further on. */
static inline Py_ssize_t
read_on(const Globs *globs, Text text, Py_ssize_t place, Py_ssize_t stop, uint32_t *state)
{
    uint32_t at = *state;
    do {
        /* What is not ASCII may be taken for something else: such a text matches nothing. */
        unsigned char byte = folded(text.first[place++]) & 127;
        at = at < ROWS ? globs->rows[at * 128 + byte] : state_after(globs, at, byte);
    } while (globs->state[at].met == 0 && place < stop);
    *state = at;
    return place;
}

/* `best`, or the smaller rank of a prefix that matches `text`. `root` is the longest of the heads
 * that begin it. */
static int32_t
globs_find(const Globs *globs, Scratch *scratch, const Table *heads, uint32_t root, Text text,
           int32_t best)
{
    Search search = {globs, scratch, text, best, 0, 0, NONE, 0};
    if (++scratch->search == 0) { /* after 2^32 searches */
        memset(scratch->written, 0, globs->needles * sizeof *scratch->written);
        memset(scratch->looked, 0, globs->needles * sizeof *scratch->looked);
        scratch->search = 1;
    }
    int32_t least = NO_RANK;
    uint32_t most = MANY;
    for (uint32_t node = root; node != NONE; node = heads->nodes[node].parent) {
        const Glob *glob = &globs->node[node];
        least = glob->least < least ? glob->least : least;
        if (glob->last - glob->first >= most && glob->least < best) {
            most = glob->last - glob->first;
            search.largest = node;
            search.from = heads->nodes[node].size;
        }
    }
    Py_ssize_t start = 0;
    for (; root != NONE; root = heads->nodes[root].parent) {
        start = heads->nodes[root].size;
        reach(&search, root, start);
    }
    uint32_t state = 0;
    Py_ssize_t place = start;
    while (place < text.size && search.best > least) {
        while (search.later && scratch->since[scratch->later[0]] <= place)
            reach_later(&search);
        if (search.waiting == 0 && search.later == 0 && search.largest == NONE)
            break;
        Py_ssize_t stop = search.later ? scratch->since[scratch->later[0]] : text.size;
        place = read_on(globs, text, place, stop, &state);
        for (uint32_t met = globs->state[state].met; met; met = globs->state[met].link)
            occur(&search, globs->state[met].needle, place - globs->state[met].depth, place);
    }
    while (search.later)
        reach_later(&search);
    return search.best;
}

static void
scratch_free(Scratch *scratch)
{
    PyMem_Free(scratch->looked);
    PyMem_Free(scratch->written);
    PyMem_Free(scratch->waiting);
    PyMem_Free(scratch->next);
    PyMem_Free(scratch->since);
    PyMem_Free(scratch->later);
}

/* 0, or -1 with an error. */
static int
scratch_init(Scratch *scratch, const Globs *globs)
{
    scratch->search = 0;
    scratch->looked = PyMem_Calloc((size_t)globs->needles + 1, sizeof *scratch->looked);
    scratch->written = PyMem_Calloc((size_t)globs->needles + 1, sizeof *scratch->written);
    scratch->waiting = PyMem_Calloc((size_t)globs->needles + 1, sizeof *scratch->waiting);
    scratch->next = PyMem_Calloc((size_t)globs->nodes + 1, sizeof *scratch->next);
    scratch->since = PyMem_Calloc((size_t)globs->nodes + 1, sizeof *scratch->since);
    scratch->later = PyMem_Calloc((size_t)globs->nodes + 1, sizeof *scratch->later);
    if (scratch->looked && scratch->written && scratch->waiting && scratch->next &&
        scratch->since && scratch->later)
        return 0;
    PyErr_NoMemory();
    return -1;
}

/* ---- Making ---------------------------------------------------------------------------------- */

static void
globs_free(Globs *globs)
{
    for (uint32_t piece = 0; globs->piece && piece < globs->pieces; piece++)
        Py_XDECREF(globs->piece[piece].string);
    PyMem_Free(globs->piece);
    PyMem_Free(globs->node);
    PyMem_Free(globs->state);
    PyMem_Free(globs->order);
    PyMem_Free(globs->rows);
    PyMem_Free(globs->failures);
}

static inline uint32_t
needle_size(const Piece *piece)
{
    return piece->size < NEEDLE ? piece->size : NEEDLE;
}

/* How many bytes the needles of two pieces have in common. */
static inline uint32_t
common_needle(const Piece *one, const Piece *other)
{
    uint32_t size = needle_size(one), common = 0;
    if (needle_size(other) < size)
        size = needle_size(other);
    while (common < size && one->bytes[common] == other->bytes[common])
        common++;
    return common;
}

/* The pieces out of a tuple of different strings in order, in lower case; 0, or -1 with an error.
 * `*states` and `*long_bytes` say what room they need. */
static int
globs_pieces(Globs *globs, PyObject *strings, size_t *states, size_t *long_bytes)
{
    *states = ROWS;
    *long_bytes = 0;
    for (uint32_t place = 0; place < globs->pieces; place++) {
        Piece *piece = &globs->piece[place];
        PyObject *string = PyTuple_GetItem(strings, place);
        Py_ssize_t size = 0;
        const char *bytes = PyUnicode_Check(string) ? ascii_bytes(string, &size) : NULL;
        if (bytes == NULL || size == 0 || size > LONGEST) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_ValueError, "a piece is empty, or is not ASCII");
            return -1;
        }
        *piece = (Piece){Py_NewRef(string), (const unsigned char *)bytes, (uint32_t)size, NONE, NULL};
        *states += needle_size(piece) - (place ? common_needle(piece, piece - 1) : 0);
        *long_bytes += size > NEEDLE ? (size_t)size : 0;
        if (place % PIECE == PIECE - 1) {
            Py_BEGIN_ALLOW_THREADS /* threads that wait get a turn here */
            Py_END_ALLOW_THREADS
        }
    }
    if (*states < UINT32_MAX)
        return 0;
    PyErr_SetString(PyExc_ValueError, "the pieces are too long");
    return -1;
}

/* The states of the automaton, in the order of the needles. */
static void
globs_states(Globs *globs)
{
    uint32_t way[NEEDLE + 1] = {0};
    globs->states = ROWS;
    for (uint32_t state = 0; state < ROWS; state++)
        globs->state[state] = (State){0, 0, 0, 0, 0, NONE, (uint8_t)(state - 1), state > 0};
    for (uint32_t place = 0; place < globs->pieces; place++) {
        Piece *piece = &globs->piece[place];
        uint32_t depth = place ? common_needle(piece, piece - 1) : 0;
        for (; depth < needle_size(piece); depth++) {
            unsigned char byte = piece->bytes[depth];
            State *parent = &globs->state[way[depth]];
            uint32_t state = depth ? globs->states++ : (uint32_t)byte + 1;
            globs->state[state] =
                (State){0, parent->child, 0, 0, 0, NONE, byte, (uint8_t)(depth + 1)};
            parent->child = state;
            way[depth + 1] = state;
        }
        State *last = &globs->state[way[depth]];
        if (last->needle == NONE)
            last->needle = globs->needles++;
        piece->needle = last->needle;
    }
}

/* The rows of the states of one byte or none. */
static void
globs_rows(Globs *globs)
{
    const State *states = globs->state;
    for (uint32_t child = states[0].child; child; child = states[child].sibling)
        globs->rows[states[child].byte] = child;
    for (uint32_t child = states[0].child; child; child = states[child].sibling) {
        uint32_t *row = &globs->rows[child * 128];
        memcpy(row, globs->rows, 128 * sizeof *row);
        for (uint32_t next = states[child].child; next; next = states[next].sibling)
            row[states[next].byte] = next;
    }
}

/* The ways on after a byte that no child has, level by level. `queue` has room for the states. */
static void
globs_fails(Globs *globs, uint32_t *queue)
{
    uint32_t end = 1;
    queue[0] = 0;
    for (uint32_t place = 0; place < end; place++) {
        uint32_t state = queue[place];
        for (uint32_t child = globs->state[state].child; child;
             child = globs->state[child].sibling) {
            State *reached = &globs->state[child];
            reached->fail = state ? state_after(globs, globs->state[state].fail, reached->byte) : 0;
            reached->link = globs->state[reached->fail].met;
            reached->met = reached->needle == NONE ? reached->link : child;
            queue[end++] = child;
        }
    }
}

/* Sort the children of each node by needle: all nodes by needle, then each to its parent's. `room`
 * is zero, with a number for each needle and each node; `sorted` has one for each node. */
static void
globs_order(Globs *globs, uint32_t roots, uint32_t *room, uint32_t *sorted)
{
    uint32_t *ends = room, *filled = room + globs->needles, first = 0;
    for (uint32_t node = roots; node < globs->nodes; node++)
        ends[globs->piece[globs->node[node].piece].needle]++;
    for (uint32_t needle = 0; needle < globs->needles; needle++) {
        first += ends[needle];
        ends[needle] = first;
    }
    for (uint32_t node = globs->nodes; node-- > roots;)
        sorted[--ends[globs->piece[globs->node[node].piece].needle]] = node;
    for (uint32_t place = 0; place < globs->nodes - roots; place++) {
        uint32_t parent = globs->node[sorted[place]].parent;
        globs->order[globs->node[parent].first + filled[parent]++] = sorted[place];
    }
}

/* The tables of the search for long pieces. */
static void
globs_failures(Globs *globs)
{
    uint32_t *failures = globs->failures;
    for (uint32_t place = 0; place < globs->pieces; place++) {
        Piece *piece = &globs->piece[place];
        if (piece->size <= NEEDLE)
            continue;
        piece->failures = failures;
        failures += piece->size;
        uint32_t same = 0;
        piece->failures[0] = 0;
        for (uint32_t end = 1; end < piece->size; end++) {
            while (same && piece->bytes[same] != piece->bytes[end])
                same = piece->failures[same - 1];
            same += piece->bytes[same] == piece->bytes[end];
            piece->failures[end] = same;
        }
    }
}

static inline int32_t
number_at(const Py_buffer *numbers, uint32_t place)
{
    int32_t number;
    memcpy(&number, (const char *)numbers->buf + (size_t)place * 4, 4);
    return number;
}

/* The nodes out of four arrays of int32 (`wildcards.py`); whether they fit each other. */
static int
globs_nodes(Globs *globs, uint32_t roots, const Py_buffer arrays[4])
{
    const Py_buffer *bounds = &arrays[0], *places = &arrays[1], *ranks = &arrays[2];
    const Py_buffer *more = &arrays[3];
    int64_t first = roots;
    for (uint32_t node = 0; node < globs->nodes; node++) {
        int64_t last = number_at(bounds, node + 1), place = number_at(places, node);
        int is_root = node < roots;
        if (number_at(bounds, node) != first || last < first || first <= node ||
            last > globs->nodes || (is_root ? place != -1 : place < 0 || place >= globs->pieces))
            return 0;
        int32_t rank = number_at(ranks, node), rank_more = number_at(more, node);
        if (rank < 0 || rank_more < 0)
            return 0;
        globs->node[node] = (Glob){(uint32_t)first, (uint32_t)last, is_root ? 0 : (uint32_t)place,
                                   rank, rank_more, rank < rank_more ? rank : rank_more, NONE};
        first = last;
    }
    for (uint32_t node = globs->nodes; node-- > 0;) /* children come after their parents */
        for (uint32_t child = globs->node[node].first; child < globs->node[node].last; child++) {
            globs->node[child].parent = node;
            if (globs->node[child].least < globs->node[node].least)
                globs->node[node].least = globs->node[child].least;
        }
    return first == globs->nodes;
}

/* The automaton; 0, or -1 with an error. */
static int
globs_automaton(Globs *globs, PyObject *strings, uint32_t roots)
{
    size_t states, long_bytes;
    globs->piece = PyMem_Calloc((size_t)globs->pieces + 1, sizeof *globs->piece);
    if (globs->piece == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (globs_pieces(globs, strings, &states, &long_bytes) < 0)
        return -1;
    size_t nodes = globs->nodes, numbers = nodes + globs->pieces;
    globs->state = PyMem_Calloc(states, sizeof *globs->state);
    globs->failures = PyMem_Calloc(long_bytes + 1, sizeof *globs->failures);
    globs->order = PyMem_Calloc(nodes + 1, sizeof *globs->order);
    globs->rows = PyMem_Calloc(nodes ? ROWS * 128 : 1, sizeof *globs->rows);
    uint32_t *queue = PyMem_Calloc(states > nodes ? states : nodes, sizeof *queue);
    uint32_t *room = PyMem_Calloc(numbers + 1, sizeof *room);
    int has_room = globs->state && globs->failures && globs->order && globs->rows && queue && room;
    if (has_room) {
        Py_BEGIN_ALLOW_THREADS
        globs_states(globs);
        if (nodes)
            globs_rows(globs);
        globs_fails(globs, queue);
        globs_order(globs, roots, room, queue);
        globs_failures(globs);
        Py_END_ALLOW_THREADS
    }
    else
        PyErr_NoMemory();
    PyMem_Free(queue);
    PyMem_Free(room);
    return has_room ? 0 : -1;
}

/* Out of (pieces, bounds, places, ranks, more), where the first nodes are the `roots`; 0, or -1
 * with an error. */
static int
globs_init(Globs *globs, PyObject *parts, uint32_t roots)
{
    PyObject *strings, *objects[4];
    Py_buffer arrays[4];
    memset(arrays, 0, sizeof arrays);
    if (!PyArg_ParseTuple(parts, "O!OOOO", &PyTuple_Type, &strings, &objects[0], &objects[1],
                          &objects[2], &objects[3]))
        return -1;
    int is_right = PyTuple_Size(strings) < INT32_MAX;
    for (int place = 0; place < 4; place++)
        if (PyObject_GetBuffer(objects[place], &arrays[place], PyBUF_SIMPLE) < 0)
            is_right = 0;
    Py_ssize_t nodes = arrays[1].len / 4;
    if (is_right && arrays[0].len == (nodes + 1) * 4 && arrays[1].len == nodes * 4 &&
        arrays[2].len == nodes * 4 && arrays[3].len == nodes * 4 && nodes < INT32_MAX) {
        globs->pieces = (uint32_t)PyTuple_Size(strings);
        globs->nodes = (uint32_t)nodes;
        globs->node = PyMem_Calloc((size_t)nodes + 1, sizeof *globs->node);
        if (globs->node == NULL)
            PyErr_NoMemory();
        else if (!globs_nodes(globs, roots, arrays))
            PyErr_SetString(PyExc_ValueError, "the nodes of the wildcards do not fit");
    }
    else if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "the numbers of the wildcards do not fit");
    for (int place = 0; place < 4; place++)
        PyBuffer_Release(&arrays[place]);
    return PyErr_Occurred() ? -1 : globs_automaton(globs, strings, roots);
}
