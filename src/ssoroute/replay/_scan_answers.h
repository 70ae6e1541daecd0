/* Answers: requests are answered by the rules of a router, and counted, one after the other.
 *
 * This runs without the interpreter lock. It answers URLs that are their own browser spelling; a
 * request that it cannot answer is left to Python, so both give the same answers.
 */
#include "../routing/_compiled_finder.h"

#define LEFT (-1)         /* in place of a number: Python answers */
#define LONGEST_HOST 255  /* `tally.LONGEST_HOST` */

enum { LOADS, CHALLENGES, GROUPS }; /* groups of hosts; those behind are look-alikes by number */

typedef struct {
    int32_t found, watched; /* what is answered alike; `found` is 0 for a free place */
    int32_t number;
} Kind;

typedef struct {
    const Finder *finder;
    void *state;
    int32_t *number_of; /* by finding, for callers that are not watched; 0 if it has none yet */
    Kind *kinds;        /* those for watched callers, by a hash */
    size_t mask, used;
    Kind *met;          /* by number */
    int64_t *counts;    /* by number; 0 is no match */
    int32_t last, room; /* numbers */
    Hosts hosts;
    int failed; /* no memory, or too many probes */
} Answers;

static void
answers_free(Answers *answers)
{
    if (answers->state != NULL)
        answers->finder->end(answers->state);
    free(answers->number_of);
    free(answers->kinds);
    free(answers->met);
    free(answers->counts);
    hosts_free(&answers->hosts);
}

/* 0, or -1 with an error. */
static int
answers_init(Answers *answers, PyObject *capsule, const void *key)
{
    const Finder *finder = PyCapsule_GetPointer(capsule, FINDER_CAPSULE);
    if (finder == NULL)
        return -1;
    answers->finder = finder;
    answers->mask = 63;
    answers->room = 64;
    answers->number_of = calloc((size_t)finder->most + 1, sizeof(int32_t));
    answers->kinds = calloc(answers->mask + 1, sizeof(Kind));
    answers->met = calloc((size_t)answers->room, sizeof(Kind));
    answers->counts = calloc((size_t)answers->room, sizeof(int64_t));
    if (hosts_init(&answers->hosts, key) < 0 || answers->number_of == NULL || answers->kinds == NULL
        || answers->met == NULL || answers->counts == NULL) {
        PyErr_NoMemory();
        return -1;
    }
    answers->state = finder->begin(finder->index);
    return answers->state == NULL ? -1 : 0;
}

/* A number that was not given yet; LEFT without memory. */
static int32_t
new_number(Answers *answers, int32_t found, int32_t watched)
{
    if (answers->last + 1 == answers->room) {
        size_t room = 2 * (size_t)answers->room;
        Kind *met = realloc(answers->met, room * sizeof *met);
        if (met != NULL)
            answers->met = met;
        int64_t *counts = realloc(answers->counts, room * sizeof *counts);
        if (counts != NULL)
            answers->counts = counts;
        if (met == NULL || counts == NULL || room > INT32_MAX / 2) {
            answers->failed = 1;
            return LEFT;
        }
        answers->room = (int32_t)room;
    }
    answers->met[++answers->last] = (Kind){found, watched, answers->last};
    answers->counts[answers->last] = 0;
    return answers->last;
}

static Kind *
kind_place(Kind *kinds, size_t mask, const uint64_t *key, int32_t found, int32_t watched)
{
    uint64_t hash = ((uint64_t)(uint32_t)found << 32 | (uint32_t)watched) ^ key[0];
    size_t place = (size_t)((hash * (key[1] | 1)) >> 32) & mask;
    while (kinds[place].found && (kinds[place].found != found || kinds[place].watched != watched))
        place = (place + 1) & mask;
    return &kinds[place];
}

/* The number of the decision about a finding and a watched caller; LEFT without memory. */
static int32_t
number_for_watched(Answers *answers, int32_t found, int32_t watched)
{
    const uint64_t *key = answers->hosts.key;
    Kind *kind = kind_place(answers->kinds, answers->mask, key, found, watched);
    if (kind->found)
        return kind->number;
    if (answers->used * 2 > answers->mask) {
        size_t mask = answers->mask * 2 + 1;
        Kind *larger = calloc(mask + 1, sizeof *larger);
        if (larger == NULL) {
            answers->failed = 1;
            return LEFT;
        }
        for (size_t i = 0; i <= answers->mask; i++) {
            const Kind *old = &answers->kinds[i];
            if (old->found)
                *kind_place(larger, mask, key, old->found, old->watched) = *old;
        }
        free(answers->kinds);
        answers->kinds = larger;
        answers->mask = mask;
        kind = kind_place(larger, mask, key, found, watched);
    }
    int32_t number = new_number(answers, found, watched);
    if (number != LEFT) {
        *kind = (Kind){found, watched, number};
        answers->used++;
    }
    return number;
}

typedef struct {
    const byte *url;
    Py_ssize_t size;
    const byte *caller; /* ASCII, or NULL */
    Py_ssize_t caller_size;
    int is_challenge, is_locked;
} Asked;

/* The number of the decision about a request, which is counted; or LEFT. */
static inline int32_t
answer(Answers *answers, const Asked *asked)
{
    const Finder *finder = answers->finder;
    const byte *host;
    Py_ssize_t length = plain_host(asked->url, asked->url + asked->size, &host);
    int32_t found, number = 0, group = asked->is_challenge ? CHALLENGES : LOADS;

    if (length == 0)
        return LEFT;
    found = finder->find(answers->state, (const char *)asked->url, asked->size, asked->is_challenge);
    if (found != NOT_FOUND) {
        int32_t watched = NOT_WATCHED;
        if (found < 0 || asked->is_locked)
            return LEFT;
        if (asked->caller != NULL)
            watched = finder->watches(answers->state, found, (const char *)asked->caller,
                                      asked->caller_size);
        if (watched != NOT_WATCHED)
            number = number_for_watched(answers, found, watched);
        else if ((number = answers->number_of[found]) == 0)
            answers->number_of[found] = number = new_number(answers, found, NOT_WATCHED);
        if (number == LEFT)
            return LEFT;
        if (!found_lookalike(found)) {
            answers->counts[number]++;
            return number;
        }
        group = GROUPS + number;
    }
    answers->counts[number]++;
    if (count_host(&answers->hosts, group, host, (int32_t)(length > LONGEST_HOST ? LONGEST_HOST : length)) < 0)
        answers->failed = 1;
    return number;
}

/* What was counted: by number, the decision (None for no match), the watched caller or None, and
 * how often; and the hosts by group. */
static PyObject *
answers_result(const Answers *answers)
{
    const Finder *finder = answers->finder;
    PyObject *rows = PyList_New(answers->last + 1);

    for (int32_t number = 0; rows && number <= answers->last; number++) {
        const Kind *kind = &answers->met[number];
        PyObject *decision, *caller, *row = NULL;
        if (number == 0) {
            decision = Py_NewRef(Py_None);
            caller = Py_NewRef(Py_None);
        }
        else {
            decision = finder->decision(finder->index, kind->found, kind->watched);
            caller = kind->watched == NOT_WATCHED ? Py_NewRef(Py_None)
                                                  : finder->watched(finder->index, kind->watched);
        }
        if (decision != NULL && caller != NULL)
            row = Py_BuildValue("OOL", decision, caller, (long long)answers->counts[number]);
        Py_XDECREF(decision);
        Py_XDECREF(caller);
        if (row == NULL || PyList_SetItem(rows, number, row) < 0)
            Py_CLEAR(rows);
    }
    if (rows == NULL)
        return NULL;
    return Py_BuildValue("NN", rows, dictionaries_of(&answers->hosts, GROUPS + answers->last + 1));
}
