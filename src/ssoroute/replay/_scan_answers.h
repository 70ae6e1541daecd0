/* Answers: requests are answered by the rules of a router, and counted, one after the other.
 *
 * This runs without the interpreter lock. It answers URLs that are their own browser spelling; a
 * request that it cannot answer is left to Python, so both give the same answers.
 */
#define LEFT (-1)         /* in place of a number: Python answers */
#define LONGEST_HOST 255  /* `tally.LONGEST_HOST` */

enum { LOADS, CHALLENGES, GROUPS }; /* groups of hosts; those behind are look-alikes by number */

typedef struct {
    const Finder *finder;
    void *state;
    Numbers numbers;
    Hosts hosts;
    int failed; /* no memory, or too many probes */
} Answers;

static void
answers_free(Answers *answers)
{
    if (answers->state != NULL)
        answers->finder->end(answers->state);
    numbers_free(&answers->numbers);
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
    if (hosts_init(&answers->hosts, key) < 0
        || numbers_init(&answers->numbers, finder->most, key) < 0) {
        PyErr_NoMemory();
        return -1;
    }
    answers->state = finder->begin(finder->index);
    return answers->state == NULL ? -1 : 0;
}

typedef struct {
    const char *url;
    Py_ssize_t size;
    const char *caller; /* ASCII, or NULL; looked at only if a rule is found */
    Py_ssize_t caller_size;
    int is_challenge, is_locked;
} Asked;

typedef struct {
    int32_t found; /* as a finder says it */
    const byte *host;
    Py_ssize_t length; /* of the host */
} Looked;

/* Looks for a rule; 0 if only Python can answer. */
static inline int
look(const Answers *answers, const Asked *asked, Looked *looked)
{
    const byte *url = (const byte *)asked->url;

    looked->length = plain_host(url, url + asked->size, &looked->host);
    if (looked->length == 0)
        return 0;
    looked->found = answers->finder->find(answers->state, asked->url, asked->size,
                                          asked->is_challenge ? (const char *)looked->host : NULL,
                                          looked->length);
    return looked->found == NOT_FOUND || (looked->found > 0 && !asked->is_locked);
}

/* Counts the answer to what was looked at; its number, or LEFT. */
static inline int32_t
count(Answers *answers, const Asked *asked, const Looked *looked)
{
    int32_t number = 0, group = asked->is_challenge ? CHALLENGES : LOADS;

    if (looked->found != NOT_FOUND) {
        int32_t watched = NOT_WATCHED;
        if (asked->caller != NULL)
            watched = answers->finder->watches(answers->state, looked->found, asked->caller,
                                               asked->caller_size);
        number = number_of(&answers->numbers, looked->found, watched);
        if (number < 0) {
            answers->failed = 1;
            return LEFT;
        }
        group = GROUPS + number;
    }
    answers->numbers.met[number].count++;
    if (number == 0 || found_lookalike(looked->found)) {
        Py_ssize_t length = looked->length > LONGEST_HOST ? LONGEST_HOST : looked->length;
        if (count_host(&answers->hosts, group, looked->host, (int32_t)length) < 0)
            answers->failed = 1;
    }
    return number;
}

/* What was counted: by number, the decision (None for no match), the watched caller or None, and
 * how often; and the hosts by group. */
static PyObject *
answers_result(const Answers *answers)
{
    const Finder *finder = answers->finder;
    int32_t last = answers->numbers.last;
    PyObject *rows = PyList_New(last + 1);

    for (int32_t number = 0; rows && number <= last; number++) {
        const Met *met = &answers->numbers.met[number];
        PyObject *decision, *caller, *row = NULL;
        if (number == 0) {
            decision = Py_NewRef(Py_None);
            caller = Py_NewRef(Py_None);
        }
        else {
            decision = finder->decision(finder->index, met->found, met->watched);
            caller = met->watched == NOT_WATCHED ? Py_NewRef(Py_None)
                                                 : finder->watched(finder->index, met->watched);
        }
        if (decision != NULL && caller != NULL)
            row = Py_BuildValue("OOL", decision, caller, (long long)met->count);
        Py_XDECREF(decision);
        Py_XDECREF(caller);
        if (row == NULL || PyList_SetItem(rows, number, row) < 0)
            Py_CLEAR(rows);
    }
    if (rows == NULL)
        return NULL;
    return Py_BuildValue("NN", rows, dictionaries_of(&answers->hosts, GROUPS + last + 1));
}
