/* Finder: what the compiled index offers to another module in C, in a capsule.
 *
 * `begin` and `decision` need the interpreter lock, the others do not. Each thread has a state of
 * its own.
 */
#define FINDER_CAPSULE "ssoroute.routing._compiled.finder"

#define NOT_FOUND 0     /* no payload matches */
#define FOUND_RARE (-1) /* only Python can decide */
#define NOT_WATCHED (-1)

typedef struct {
    PyObject *index; /* the capsule holds it */
    Py_ssize_t most; /* no finding is larger */
    /* The memory of a search; NULL with an error. */
    void *(*begin)(PyObject *index);
    void (*end)(void *state);
    /* What is found for an ASCII URL of HTTP, whose host is given for a challenge and NULL for a
     * load: NOT_FOUND, FOUND_RARE, or a rule and whether the URL is a look-alike, as a positive
     * number. */
    int32_t (*find)(void *state, const char *url, Py_ssize_t size, const char *host,
                    Py_ssize_t host_size);
    /* The number of an ASCII caller that can change the decision about a finding; NOT_WATCHED for
     * all other callers. */
    int32_t (*watches)(const void *state, int32_t found, const char *caller, Py_ssize_t size);
    /* The text of a watched caller; a new reference. */
    PyObject *(*watched)(PyObject *index, int32_t number);
    /* The decision about a finding and a watched caller or NOT_WATCHED; a new reference. */
    PyObject *(*decision)(PyObject *index, int32_t found, int32_t watched);
} Finder;

static inline int
found_lookalike(int32_t found)
{
    return found % 2 == 0;
}
