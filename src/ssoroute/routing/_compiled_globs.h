/* Globs: the smallest rank among the URL prefixes with a wildcard, in one pass over a URL.
 *
 * `wildcards.py` makes the tree: the roots are the heads, each child adds a piece. A search begins
 * at the roots whose heads begin the URL. It reads the URL once, and an automaton (Aho, Corasick)
 * reports the pieces that end at each byte. Each node that was reached waits for the pieces of its
 * children; a child is reached where its piece occurs first, which leaves the most for the others.
 *
 * Most bytes of a URL begin no piece. Where the automaton knows nothing of what it read, three looks
 * into a table settle whether a piece may begin at a byte. That is several times as fast as a step of
 * the automaton, which waits for the one before.
 *
 * So the work is the length of the URL plus the nodes that are reached, not their product. What
 * bounds it where the author of the rules may try to make it slow:
 *
 * - The pieces that end at a byte have different lengths, so if they are many they are long: no more
 *   of them end there than twice the square root of the length of all pieces, or the length of the
 *   URL. A child is looked at no more often than that before its turn.
 * - A piece for which nothing waits any more is passed over where it ends again.
 * - No node is reached twice, and none whose prefixes all come after the best one so far.
 * - A URL in which a piece seems to begin everywhere is left to the automaton.
 *
 * Thousands of prefixes with one head, and perhaps the same first pieces, would make thousands of
 * children wait as soon as their parent is reached. So the children of a large node do not: they are
 * looked up by needle when it occurs. Each further node that is treated so must have twice as many
 * children, so there are few of them.
 */
#include <stdint.h>

#define ROWS 129   /* the states of no byte and of one have a row of their number */
#define FEW 4      /* children that are looked at one by one; a state with more has a row */
#define MANY 16    /* children that are not made to wait one by one */
#define LARGE 28   /* nodes whose children are looked up: MANY, doubled so often, is too many */
#define BEGIN 3    /* bytes that are looked at to see whether a piece may begin */
#define SELDOM 16  /* bytes for each time that one seems to begin; with fewer, it is left to the automaton */

/* What was read last, as far as it begins a piece. State 0 is nothing, state N + 1 is byte N. */
typedef struct {
    uint32_t child;   /* the first one; 0 for none, since the root is no child */
    uint32_t sibling; /* the next one, 0 for none */
    uint32_t fail;    /* the longest other state that ends this one */
    uint32_t met;     /* this state, or the first one on that way, where a piece ends; 0 for none */
    uint32_t row;     /* NONE if it has none */
    uint32_t piece;   /* the number of the piece that ends here, or NONE */
    uint32_t depth;   /* bytes */
    uint8_t byte;     /* the last one */
} State;

typedef struct {
    PyObject *string;
    const unsigned char *bytes;
    uint32_t size;
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
    uint32_t pieces, nodes, states;
    Piece *piece;
    Glob *node;
    State *state;
    uint32_t *order;     /* in the places of the children of a node: them, sorted by piece */
    uint32_t *rows;      /* by 128 * a row + a byte: the state after it */
    uint64_t (*begins)[256]; /* by place and byte: a bit for each of 64 groups of pieces */
} Globs;

/* What a search writes; one thread uses it at a time. */
typedef struct {
    uint32_t search;   /* the number of the search */
    uint32_t round;    /* begins with a search, and again when something waits for a piece that was done */
    uint32_t *done;    /* by piece: the last round in which nothing waited for it any more */
    uint32_t *past;    /* by piece that is done: a state where a shorter piece ends, 0 for none */
    uint32_t *written; /* by piece: the last search that wrote to `waiting` and `looked` */
    uint32_t *waiting; /* by piece: the first node that waits for it, or NONE */
    uint32_t *looked;  /* by piece: a bit for each large node among whose children it was looked up */
    uint32_t *next;    /* by node: the next one that waits for the same piece */
    Py_ssize_t *since; /* by node: where its piece may begin */
} Scratch;

/* ---- Searching ------------------------------------------------------------------------------- */

typedef struct {
    const Globs *globs;
    Scratch *scratch;
    Text text;
    int32_t best;
    uint32_t waiting; /* nodes that wait for a piece */
    uint32_t larges;  /* nodes whose children are looked up */
    struct {
        uint32_t node;
        Py_ssize_t since; /* where the piece of a child may begin */
    } large[LARGE];
    Py_ssize_t tested; /* whether a piece may begin before this place is known */
    Py_ssize_t starts; /* places where one seemed to begin */
} Search;

static inline uint32_t
state_after(const Globs *globs, uint32_t at, unsigned char byte)
{
    for (;; at = globs->state[at].fail) {
        const State *state = &globs->state[at];
        if (state->row != NONE)
            return globs->rows[(size_t)state->row * 128 + byte];
        uint32_t child = state->child;
        while (child && globs->state[child].byte != byte)
            child = globs->state[child].sibling;
        if (child)
            return child;
    }
}

/* The next state, shorter than this one, where a piece ends; 0 for none. */
static inline uint32_t
next_met(const Globs *globs, uint32_t met)
{
    return globs->state[globs->state[met].fail].met;
}

/* Have the pieces that are done looked at again. */
static void
begin_round(const Globs *globs, Scratch *scratch)
{
    if (++scratch->round == 0) { /* after 2^32 rounds */
        memset(scratch->done, 0, globs->pieces * sizeof *scratch->done);
        scratch->round = 1;
    }
}

/* `met`, or the next state on the way where a piece ends that is not done; 0 for none. */
static inline uint32_t
not_done(const Globs *globs, Scratch *scratch, uint32_t met)
{
    while (met && scratch->done[globs->state[met].piece] == scratch->round) {
        uint32_t *past = &scratch->past[globs->state[met].piece];
        if (*past && scratch->done[globs->state[*past].piece] == scratch->round)
            *past = scratch->past[globs->state[*past].piece]; /* a shorter way for the next time */
        met = *past;
    }
    return met;
}

/* The nodes that wait for a piece; a place to write. */
static inline uint32_t *
waiting_for(Scratch *scratch, uint32_t piece)
{
    if (scratch->written[piece] != scratch->search) {
        scratch->written[piece] = scratch->search;
        scratch->waiting[piece] = NONE;
        scratch->looked[piece] = 0;
    }
    return &scratch->waiting[piece];
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
    if ((glob->last - glob->first) >> search->larges >= MANY) {
        search->large[search->larges].node = node;
        search->large[search->larges++].since = end;
        begin_round(globs, search->scratch);
        return;
    }
    for (uint32_t child = glob->first; child < glob->last; child++) {
        if (globs->node[child].least >= search->best)
            continue;
        uint32_t piece = globs->node[child].piece;
        uint32_t *waiting = waiting_for(search->scratch, piece);
        if (search->scratch->done[piece] == search->scratch->round)
            begin_round(globs, search->scratch);
        search->scratch->since[child] = end;
        search->scratch->next[child] = *waiting;
        *waiting = child;
        search->waiting++;
    }
}

/* The piece of a node ends at `end`. */
static inline void
meet(Search *search, uint32_t node, Py_ssize_t end)
{
    if (search->globs->node[node].least < search->best)
        reach(search, node, end);
}

/* The child of a large node that waits for a piece, if there is one. */
static void
meet_looked_up(Search *search, uint32_t large, uint32_t piece, Py_ssize_t end)
{
    const Globs *globs = search->globs;
    uint32_t low = globs->node[large].first, high = globs->node[large].last;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        uint32_t node = globs->order[middle];
        if (globs->node[node].piece == piece) {
            meet(search, node, end);
            return;
        }
        if (globs->node[node].piece < piece)
            low = middle + 1;
        else
            high = middle;
    }
}

/* A piece ends in state `met`, at `end`: the nodes that wait for it are met, or wait on. */
static void
occur(Search *search, uint32_t met, Py_ssize_t end)
{
    Scratch *scratch = search->scratch;
    uint32_t piece = search->globs->state[met].piece;
    Py_ssize_t start = end - search->globs->state[met].depth;
    uint32_t *waiting = waiting_for(scratch, piece), *looked = &scratch->looked[piece];
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
        meet(search, node, end);
    }
    for (uint32_t large = 0; large < search->larges; large++)
        if (!(*looked >> large & 1) && search->large[large].since <= start) {
            *looked |= UINT32_C(1) << large;
            meet_looked_up(search, search->large[large].node, piece, end);
        }
    if (*waiting == NONE && *looked == (UINT32_C(1) << search->larges) - 1) {
        scratch->done[piece] = scratch->round;
        scratch->past[piece] = next_met(search->globs, met);
    }
}

/* The first place from `place` on where a piece may begin. Near the end of the text it may at each. */
static inline Py_ssize_t
next_begin(const Globs *globs, Text text, Py_ssize_t place)
{
    const uint64_t(*begins)[256] = (const uint64_t(*)[256])globs->begins;
    const unsigned char *at = text.first;
    while (place + BEGIN <= text.size &&
           (begins[0][at[place]] & begins[1][at[place + 1]] & begins[2][at[place + 2]]) == 0)
        place++;
    return place;
}

/* Read from `place` to where a piece ends, or to the end. */
static Py_ssize_t
read_on(Search *search, Py_ssize_t place, uint32_t *state)
{
    const Globs *globs = search->globs;
    Text text = search->text;
    uint32_t at = *state;
    do {
        /* In a state of no byte or of one, only a piece that begins here or there matters. */
        if (at < ROWS && place - (at > 0) >= search->tested && search->starts * SELDOM <= place) {
            Py_ssize_t start = next_begin(globs, text, place - (at > 0));
            search->tested = start + 1;
            search->starts++;
            if (start >= place) {
                at = 0;
                place = start;
            }
        }
        /* What is not ASCII may be taken for something else: such a text matches nothing. */
        unsigned char byte = folded(text.first[place++]) & 127;
        at = at < ROWS ? globs->rows[at * 128 + byte] : state_after(globs, at, byte);
    } while (globs->state[at].met == 0 && place < text.size);
    *state = at;
    return place;
}

/* `best`, or the smaller rank of a prefix that matches `text`. `head` is the longest of the heads
 * that begin it. */
static int32_t
globs_find(const Globs *globs, Scratch *scratch, const Table *heads, uint32_t head, Text text,
           int32_t best)
{
    Search search;
    search.globs = globs;
    search.scratch = scratch;
    search.text = text;
    search.best = best;
    search.waiting = search.larges = 0;
    search.tested = search.starts = 0;
    if (++scratch->search == 0) { /* after 2^32 searches */
        memset(scratch->written, 0, globs->pieces * sizeof *scratch->written);
        scratch->search = 1;
    }
    begin_round(globs, scratch);
    int32_t least = NO_RANK;
    Py_ssize_t place = 0;
    for (; head != NONE; head = heads->nodes[head].parent) {
        uint32_t root = heads->places[head];
        least = globs->node[root].least < least ? globs->node[root].least : least;
        place = heads->nodes[head].size;
        reach(&search, root, place);
    }
    uint32_t state = 0;
    while (place < text.size && search.best > least) {
        if (search.waiting == 0 && search.larges == 0)
            break;
        place = read_on(&search, place, &state);
        uint32_t met = not_done(globs, scratch, globs->state[state].met);
        for (; met; met = not_done(globs, scratch, next_met(globs, met)))
            occur(&search, met, place);
    }
    return search.best;
}

static void
scratch_free(Scratch *scratch)
{
    PyMem_Free(scratch->looked);
    PyMem_Free(scratch->done);
    PyMem_Free(scratch->past);
    PyMem_Free(scratch->written);
    PyMem_Free(scratch->waiting);
    PyMem_Free(scratch->next);
    PyMem_Free(scratch->since);
}

/* 0, or -1 with an error. */
static int
scratch_init(Scratch *scratch, const Globs *globs)
{
    scratch->search = scratch->round = 0;
    scratch->done = PyMem_Calloc((size_t)globs->pieces + 1, sizeof *scratch->done);
    scratch->past = PyMem_Calloc((size_t)globs->pieces + 1, sizeof *scratch->past);
    scratch->looked = PyMem_Calloc((size_t)globs->pieces + 1, sizeof *scratch->looked);
    scratch->written = PyMem_Calloc((size_t)globs->pieces + 1, sizeof *scratch->written);
    scratch->waiting = PyMem_Calloc((size_t)globs->pieces + 1, sizeof *scratch->waiting);
    scratch->next = PyMem_Calloc((size_t)globs->nodes + 1, sizeof *scratch->next);
    scratch->since = PyMem_Calloc((size_t)globs->nodes + 1, sizeof *scratch->since);
    if (scratch->done && scratch->past && scratch->looked && scratch->written && scratch->waiting && scratch->next &&
        scratch->since)
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
    PyMem_Free(globs->begins);
}

/* How many bytes two pieces have in common. */
static inline uint32_t
common_piece(const Piece *one, const Piece *other)
{
    uint32_t size = one->size < other->size ? one->size : other->size, common = 0;
    while (common < size && one->bytes[common] == other->bytes[common])
        common++;
    return common;
}

/* The pieces out of a tuple of different strings in order, in lower case; 0, or -1 with an error.
 * `*states` says what room they need. */
static int
globs_pieces(Globs *globs, PyObject *strings, size_t *states)
{
    *states = ROWS;
    for (uint32_t place = 0; place < globs->pieces; place++) {
        Piece *piece = &globs->piece[place];
        PyObject *string = PyTuple_GetItem(strings, place);
        Py_ssize_t size = 0;
        const char *bytes = PyUnicode_Check(string) ? ascii_bytes(string, &size, NO_STORAGE) : NULL;
        if (bytes == NULL || size == 0 || size > LONGEST) {
            if (!PyErr_Occurred())
                PyErr_SetString(PyExc_ValueError, "a piece is empty, or is not ASCII");
            return -1;
        }
        *piece = (Piece){Py_NewRef(string), (const unsigned char *)bytes, (uint32_t)size};
        *states += piece->size - (place ? common_piece(piece, piece - 1) : 0);
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

/* The states of the automaton, in the order of the pieces. `way` has room for the states. */
static void
globs_states(Globs *globs, uint32_t *way)
{
    way[0] = 0;
    globs->states = ROWS;
    for (uint32_t state = 0; state < ROWS; state++)
        globs->state[state] = (State){0, 0, 0, 0, state, NONE, state > 0, (uint8_t)(state - 1)};
    for (uint32_t place = 0; place < globs->pieces; place++) {
        const Piece *piece = &globs->piece[place];
        uint32_t depth = place ? common_piece(piece, piece - 1) : 0;
        for (; depth < piece->size; depth++) {
            unsigned char byte = piece->bytes[depth];
            State *parent = &globs->state[way[depth]];
            uint32_t state = depth ? globs->states++ : (uint32_t)byte + 1;
            globs->state[state] = (State){
                0, parent->child, 0, 0, depth ? NONE : state, NONE, depth + 1, byte};
            parent->child = state;
            way[depth + 1] = state;
        }
        globs->state[way[depth]].piece = place;
    }
}

/* The groups of pieces that begin with a byte, or have it in the second or third place. Pieces with
 * the same first bytes are in one group, or in few. */
static void
globs_begins(Globs *globs)
{
    for (uint32_t place = 0; place < globs->pieces; place++) {
        const Piece *piece = &globs->piece[place];
        uint64_t group = UINT64_C(1) << (uint64_t)place * 64 / globs->pieces;
        for (uint32_t depth = 0; depth < BEGIN; depth++)
            if (depth < piece->size)
                globs->begins[depth][piece->bytes[depth]] |= group;
            else /* whatever follows */
                for (int byte = 0; byte < 256; byte++)
                    globs->begins[depth][byte] |= group;
    }
    for (uint32_t depth = 0; depth < BEGIN; depth++)
        for (unsigned char byte = 'A'; byte <= 'Z'; byte++)
            globs->begins[depth][byte] = globs->begins[depth][folded(byte)];
}

/* The row of a state whose `fail` has all that it leads to. */
static void
globs_row(Globs *globs, uint32_t state)
{
    uint32_t *row = &globs->rows[(size_t)globs->state[state].row * 128];
    for (unsigned char byte = 0; state && byte < 128; byte++)
        row[byte] = state_after(globs, globs->state[state].fail, byte);
    for (uint32_t child = globs->state[state].child; child; child = globs->state[child].sibling)
        row[globs->state[child].byte] = child;
}

/* The ways on after a byte that no child has, and the rows, level by level. `queue` has room for
 * the states. */
static void
globs_fails(Globs *globs, uint32_t *queue)
{
    uint32_t end = 1, rows = ROWS;
    queue[0] = 0;
    for (uint32_t place = 0; place < end; place++) {
        uint32_t state = queue[place], first = end;
        for (uint32_t child = globs->state[state].child; child;
             child = globs->state[child].sibling) {
            State *reached = &globs->state[child];
            reached->fail = state ? state_after(globs, globs->state[state].fail, reached->byte) : 0;
            reached->met = reached->piece == NONE ? globs->state[reached->fail].met : child;
            queue[end++] = child;
        }
        if (state >= ROWS && end - first > FEW)
            globs->state[state].row = rows++;
        if (globs->state[state].row != NONE)
            globs_row(globs, state);
    }
}

/* Sort the children of each node by piece: all nodes by piece, then each to its parent's. `room`
 * is zero, with a number for each piece and each node; `sorted` has one for each node. */
static void
globs_order(Globs *globs, uint32_t roots, uint32_t *room, uint32_t *sorted)
{
    uint32_t *ends = room, *filled = room + globs->pieces, first = 0;
    for (uint32_t node = roots; node < globs->nodes; node++)
        ends[globs->node[node].piece]++;
    for (uint32_t piece = 0; piece < globs->pieces; piece++) {
        first += ends[piece];
        ends[piece] = first;
    }
    for (uint32_t node = globs->nodes; node-- > roots;)
        sorted[--ends[globs->node[node].piece]] = node;
    for (uint32_t place = 0; place < globs->nodes - roots; place++) {
        uint32_t parent = globs->node[sorted[place]].parent;
        globs->order[globs->node[parent].first + filled[parent]++] = sorted[place];
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
    size_t states;
    globs->piece = PyMem_Calloc((size_t)globs->pieces + 1, sizeof *globs->piece);
    if (globs->piece == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    if (globs_pieces(globs, strings, &states) < 0)
        return -1;
    size_t nodes = globs->nodes, numbers = nodes + globs->pieces;
    globs->state = PyMem_Calloc(states, sizeof *globs->state);
    globs->order = PyMem_Calloc(nodes + 1, sizeof *globs->order);
    size_t rows = ROWS + globs->pieces / FEW; /* each of them has FEW ends of pieces of its own */
    globs->rows = PyMem_Calloc(nodes ? rows * 128 : 1, sizeof *globs->rows);
    globs->begins = PyMem_Calloc(nodes ? BEGIN : 1, sizeof *globs->begins);
    uint32_t *queue = PyMem_Calloc(states > nodes ? states : nodes, sizeof *queue);
    uint32_t *room = PyMem_Calloc(numbers + 1, sizeof *room);
    int has_room = globs->state && globs->order && globs->rows && globs->begins && queue &&
                   room;
    if (has_room) {
        Py_BEGIN_ALLOW_THREADS
        globs_states(globs, queue);
        if (nodes) {
            globs_begins(globs);
            globs_fails(globs, queue);
        }
        globs_order(globs, roots, room, queue);
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
