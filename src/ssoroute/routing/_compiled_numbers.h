/* Numbers: what is answered alike has one number, in the order in which it is met.
 *
 * No function needs the interpreter lock.
 */
#include <stdint.h>
#include <stdlib.h>

typedef struct {
    int32_t found, watched; /* `found` is 0 for a free place */
    int32_t number;
} Kind;

typedef struct {
    int32_t found, watched; /* what a finder found, and the watched caller or NOT_WATCHED */
    int64_t count;          /* of requests, for those who count */
} Met;

typedef struct {
    int32_t *plain; /* by finding, for callers that are not watched; 0 if it has none yet */
    Kind *kinds;    /* those for watched callers, by a hash */
    size_t mask, used;
    Met *met;           /* by number; 0 is no match */
    int32_t last, room; /* numbers */
    uint64_t key[2];    /* of the hash */
} Numbers;

static void
numbers_free(Numbers *numbers)
{
    free(numbers->plain);
    free(numbers->kinds);
    free(numbers->met);
}

/* For findings of no more than `most`; 0, or -1 without memory. */
static int
numbers_init(Numbers *numbers, Py_ssize_t most, const void *key)
{
    memcpy(numbers->key, key, sizeof numbers->key);
    numbers->mask = 63;
    numbers->room = 64;
    numbers->plain = calloc((size_t)most + 1, sizeof *numbers->plain);
    numbers->kinds = calloc(numbers->mask + 1, sizeof *numbers->kinds);
    numbers->met = calloc((size_t)numbers->room, sizeof *numbers->met);
    return numbers->plain && numbers->kinds && numbers->met ? 0 : -1;
}

/* A number that was not given yet; -1 without memory. */
static int32_t
new_number(Numbers *numbers, int32_t found, int32_t watched)
{
    if (numbers->last + 1 == numbers->room) {
        size_t room = 2 * (size_t)numbers->room;
        Met *met = room > INT32_MAX / 2 ? NULL : realloc(numbers->met, room * sizeof *met);
        if (met == NULL)
            return -1;
        numbers->met = met;
        numbers->room = (int32_t)room;
    }
    numbers->met[++numbers->last] = (Met){found, watched, 0};
    return numbers->last;
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

static int32_t
number_for_watched(Numbers *numbers, int32_t found, int32_t watched)
{
    Kind *kind = kind_place(numbers->kinds, numbers->mask, numbers->key, found, watched);
    if (kind->found)
        return kind->number;
    if (numbers->used * 2 > numbers->mask) {
        size_t mask = numbers->mask * 2 + 1;
        Kind *larger = calloc(mask + 1, sizeof *larger);
        if (larger == NULL)
            return -1;
        for (size_t i = 0; i <= numbers->mask; i++) {
            const Kind *old = &numbers->kinds[i];
            if (old->found)
                *kind_place(larger, mask, numbers->key, old->found, old->watched) = *old;
        }
        free(numbers->kinds);
        numbers->kinds = larger;
        numbers->mask = mask;
        kind = kind_place(larger, mask, numbers->key, found, watched);
    }
    int32_t number = new_number(numbers, found, watched);
    if (number > 0) {
        *kind = (Kind){found, watched, number};
        numbers->used++;
    }
    return number;
}

/* The number of what was found for a watched caller or for NOT_WATCHED; -1 without memory. */
static inline int32_t
number_of(Numbers *numbers, int32_t found, int32_t watched)
{
    if (watched != NOT_WATCHED)
        return number_for_watched(numbers, found, watched);
    if (numbers->plain[found] == 0) {
        int32_t number = new_number(numbers, found, watched);
        if (number < 0)
            return -1;
        numbers->plain[found] = number;
    }
    return numbers->plain[found];
}
