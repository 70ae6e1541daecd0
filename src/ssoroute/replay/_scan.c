/* The compiled reader of logs: lines become columns, or are answered and counted at once.
 *
 * Everything here runs without the interpreter lock, on buffers that Python made and owns. This
 * file has no error messages: it leaves each line that is odd in any way to the plain readers
 * (json_lines.py, csv_rows.py, url_lines.py). So a line is odd unless both readers certainly agree
 * about it. The tests compare the two.
 */

#define PY_SSIZE_T_CLEAN
#define Py_LIMITED_API 0x030b0000
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__GLIBC__)
#include <malloc.h>
#endif
#include "../routing/_compiled_column.h"
#include "../routing/_compiled_finder.h"
#include "../routing/_compiled_numbers.h"
#include "_scan_columns.h"
#include "_scan_json.h"
#include "_scan_csv.h"
#include "_scan_urls.h"
#include "_scan_hosts.h"
#include "_scan_answers.h"
#include "_scan_arrow.h"

/* Whether the line is a request that both readers read alike; it becomes the next row of `out`. */
static inline int
read_line(const byte *line, const byte *end, const Header *header, Columns *out)
{
    return header->width == 0 ? json_line(line, end, out)
        : *header->field == WHOLE_LINES ? url_line(line, end, out)
                                        : csv_line(line, end, header, out);
}

/* --- columns --------------------------------------------------------------------------------- */

#define BUFFERS 9

/* Reads lines until one is odd: the rows before it, its place in the text (the end if all lines
 * were read), the fields that they have (a bit each), and whether all text is ASCII. */
static PyObject *
scan_lines(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer data, header, buffer[BUFFERS];
    Py_ssize_t room, at;
    Columns out = {.is_ascii = 1};
    Header csv;
    PyObject *result = NULL;

    if (!PyArg_ParseTuple(args, "y*y*n(w*w*w*w*w*w*w*w*w*)", &data, &header, &room, &buffer[0],
                          &buffer[1], &buffer[2], &buffer[3], &buffer[4], &buffer[5], &buffer[6],
                          &buffer[7], &buffer[8]))
        return NULL;
    out.url = (Strings){buffer[0].buf, buffer[1].buf, 0};
    out.caller = (Strings){buffer[2].buf, buffer[3].buf, 0};
    out.has_caller = buffer[4].buf;
    out.code = buffer[5].buf;
    for (int i = 0; i < 3; i++)
        out.flag[LOCKED + i] = buffer[6 + i].buf;
    csv.width = (int)header.len;
    csv.field = header.buf;
    if (room < 0 || data.len > INT32_MAX || buffer[0].len < 4 * (room + 1) || buffer[2].len < 4 * (room + 1)
        || buffer[1].len < data.len || buffer[3].len < data.len || buffer[4].len < room
        || buffer[5].len < 8 * room || buffer[6].len < room || buffer[7].len < room
        || buffer[8].len < room || header.len > INT32_MAX) {
        PyErr_SetString(PyExc_ValueError, "a buffer is too small");
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    const byte *begin = data.buf, *end = begin + data.len, *line = begin;
    while (line < end && out.rows < room) {
        const byte *next = memchr(line, '\n', (size_t)(end - line));
        if (next == NULL)
            next = end;
        begin_row(&out);
        if (!read_line(line, next, &csv, &out)) {
            drop_row(&out);
            break;
        }
        out.rows++;
        line = next < end ? next + 1 : end;
    }
    end_columns(&out);
    at = line - begin;
    Py_END_ALLOW_THREADS
    result = Py_BuildValue("nnIi", out.rows, at, out.given, out.is_ascii);
done:
    PyBuffer_Release(&data);
    PyBuffer_Release(&header);
    for (int i = 0; i < BUFFERS; i++)
        PyBuffer_Release(&buffer[i]);
    return result;
}

/* --- lines ----------------------------------------------------------------------------------- */

/* How many line ends there are; `bytes.count` is slower. */
static PyObject *
count_lines(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer data;
    Py_ssize_t count = 0;

    if (!PyArg_ParseTuple(args, "y*", &data))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    const byte *at = data.buf, *end = at + data.len;
    while (at < end) {
        Py_ssize_t block = end - at < 4096 ? end - at : 4096;
        int found = 0;
        for (Py_ssize_t i = 0; i < block; i++)
            found += at[i] == '\n';
        count += found;
        at += block;
    }
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&data);
    return PyLong_FromSsize_t(count);
}

static PyObject *
quotes_close_py(PyObject *Py_UNUSED(module), PyObject *args)
{
    Py_buffer data;
    int closed;

    if (!PyArg_ParseTuple(args, "y*", &data))
        return NULL;
    Py_BEGIN_ALLOW_THREADS
    closed = quotes_close(data.buf, (const byte *)data.buf + data.len);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&data);
    return PyBool_FromLong(closed);
}

/* --- answers --------------------------------------------------------------------------------- */

typedef struct {
    Py_ssize_t row, start, end; /* the end is behind the end of the line */
    int is_read;                /* whether the line was read, and only its request is left */
} LeftRow;

typedef struct {
    LeftRow *rows;
    size_t count, room;
} LeftRows;

static int
leave(LeftRows *left, LeftRow row)
{
    if (left->count == left->room) {
        size_t room = left->room * 2 + 64;
        LeftRow *larger = realloc(left->rows, room * sizeof *larger);
        if (larger == NULL)
            return -1;
        left->rows = larger;
        left->room = room;
    }
    left->rows[left->count++] = row;
    return 0;
}

/* Columns of one row, which each line overwrites. */
typedef struct {
    Columns out;
    int32_t url_offsets[2], caller_offsets[2];
    byte has_caller, flags[3];
    int64_t code;
} OneRow;

static int
one_row_init(OneRow *one, size_t size)
{
    one->out = (Columns){.url.offsets = one->url_offsets, .caller.offsets = one->caller_offsets,
                         .has_caller = &one->has_caller, .code = &one->code};
    for (int i = 0; i < 3; i++)
        one->out.flag[LOCKED + i] = &one->flags[i];
    one->out.url.text = malloc(size + 1);
    one->out.caller.text = malloc(size + 1);
    return one->out.url.text == NULL || one->out.caller.text == NULL ? -1 : 0;
}

static void
one_row_free(OneRow *one)
{
    free(one->out.url.text);
    free(one->out.caller.text);
}

static inline int
read_one(OneRow *one, const byte *line, const byte *end, const Header *header)
{
    one->out.url.end = one->out.caller.end = 0;
    one->out.is_ascii = 1;
    begin_row(&one->out);
    return read_line(line, end, header, &one->out);
}

/* Answers the lines of a text; what Python has to do goes to `left`. */
static void
answer_all(const byte *data, Py_ssize_t size, const Header *header, const Py_buffer *caller,
           OneRow *one, Answers *answers, LeftRows *left)
{
    const byte *line = data, *end = data + size;
    Columns *out = &one->out;

    for (Py_ssize_t row = 0; line < end && !answers->failed; row++) {
        const byte *next = memchr(line, '\n', (size_t)(end - line));
        const byte *behind = next == NULL ? end : next + 1;
        int is_read = read_one(one, line, next == NULL ? end : next, header)
            && (out->is_ascii || !one->has_caller);
        int32_t number = LEFT;
        if (is_read) {
            Asked asked = {(const char *)out->url.text, out->url.end, NULL, 0,
                           one->code == 401 || one->code == 407, one->flags[0]};
            if (one->has_caller) {
                asked.caller = (const char *)out->caller.text;
                asked.caller_size = out->caller.end;
            }
            else if (caller->buf != NULL) {
                asked.caller = caller->buf;
                asked.caller_size = caller->len;
            }
            Looked looked;
            if (look(answers, &asked, &looked))
                number = count(answers, &asked, &looked);
        }
        if (number == LEFT && leave(left, (LeftRow){row, line - data, behind - data, is_read}) < 0)
            answers->failed = 1;
        line = behind;
    }
}

/* A row that is left: its number, its place in the text, and its request or None. */
static PyObject *
left_row(const LeftRow *row, const byte *data, const Header *header, OneRow *one)
{
    PyObject *url, *caller = NULL, *request = NULL;

    if (row->is_read) {
        read_one(one, data + row->start,
                 data + row->end - (data[row->end - 1] == '\n'), header);
        url = PyUnicode_DecodeUTF8((const char *)one->out.url.text, one->out.url.end, NULL);
        if (url == NULL && PyErr_ExceptionMatches(PyExc_UnicodeDecodeError))
            PyErr_Clear(); /* the plain reader reports it */
        else if (url != NULL) {
            caller = one->has_caller ? PyUnicode_DecodeASCII((const char *)one->out.caller.text,
                                                             one->out.caller.end, NULL)
                                     : Py_NewRef(Py_None);
            request = caller == NULL ? NULL
                                     : Py_BuildValue("OOLNNN", url, caller, (long long)one->code,
                                                     PyBool_FromLong(one->flags[0]),
                                                     PyBool_FromLong(one->flags[1]),
                                                     PyBool_FromLong(one->flags[2]));
        }
        Py_XDECREF(url);
        Py_XDECREF(caller);
        if (PyErr_Occurred())
            return NULL;
    }
    return Py_BuildValue("nnnN", row->row, row->start, row->end,
                         request == NULL ? Py_NewRef(Py_None) : request);
}

static PyObject *
left_list(const LeftRows *left, const byte *data, const Header *header, OneRow *one)
{
    PyObject *list = PyList_New((Py_ssize_t)left->count);

    for (size_t i = 0; list && i < left->count; i++) {
        PyObject *row = left_row(&left->rows[i], data, header, one);
        if (row == NULL || PyList_SetItem(list, (Py_ssize_t)i, row) < 0)
            Py_CLEAR(list);
    }
    return list;
}

/* Answers lines: what `answers_result` has, and the rows that are left. None if the lines cannot be
 * counted here. The caller is that of each line without one, or None; it is ASCII. */
static PyObject *
answer_lines(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *finder, *result = NULL;
    Py_buffer data, header, caller, key;
    Answers answers = {0};
    LeftRows left = {0};
    OneRow one = {0};

    if (!PyArg_ParseTuple(args, "Oy*y*z*y*", &finder, &data, &header, &caller, &key))
        return NULL;
    Header fields = {(int)header.len, header.buf};
    if (key.len != sizeof answers.hosts.key || data.len > INT32_MAX || header.len > INT32_MAX)
        PyErr_SetString(PyExc_ValueError, "the key or the text has a wrong length");
    else if (one_row_init(&one, (size_t)data.len) < 0)
        PyErr_NoMemory();
    else if (answers_init(&answers, finder, key.buf) == 0) {
        Py_BEGIN_ALLOW_THREADS
        answer_all(data.buf, data.len, &fields, &caller, &one, &answers, &left);
        Py_END_ALLOW_THREADS
        if (answers.failed)
            result = Py_NewRef(Py_None);
        else {
            PyObject *counted = answers_result(&answers);
            PyObject *rows = counted ? left_list(&left, data.buf, &fields, &one) : NULL;
            if (rows != NULL)
                result = Py_BuildValue("OO", counted, rows);
            Py_XDECREF(counted);
            Py_XDECREF(rows);
        }
    }
    answers_free(&answers);
    one_row_free(&one);
    free(left.rows);
    PyBuffer_Release(&data);
    PyBuffer_Release(&header);
    PyBuffer_Release(&caller);
    PyBuffer_Release(&key);
    return result;
}

/* --- answers to batches ----------------------------------------------------------------------- */

#define ANSWERS_CAPSULE "ssoroute.replay._scan.answers"

static void
end_answers(PyObject *capsule)
{
    Answers *answers = PyCapsule_GetPointer(capsule, ANSWERS_CAPSULE);
    answers_free(answers);
    Py_XDECREF((PyObject *)PyCapsule_GetContext(capsule));
    free(answers);
}

/* Answers to batches of columns, none so far, in a capsule. Only one thread at a time may use it. */
static PyObject *
begin_answers(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *finder, *capsule = NULL;
    Py_buffer key;
    Answers *answers;

    if (!PyArg_ParseTuple(args, "Oy*", &finder, &key))
        return NULL;
    answers = calloc(1, sizeof *answers);
    if (answers == NULL)
        PyErr_NoMemory();
    else if (key.len != sizeof answers->hosts.key)
        PyErr_SetString(PyExc_ValueError, "the key has a wrong length");
    else if (answers_init(answers, finder, key.buf) == 0
             && (capsule = PyCapsule_New(answers, ANSWERS_CAPSULE, end_answers)) != NULL)
        PyCapsule_SetContext(capsule, Py_NewRef(finder)); /* the answers read its index */
    if (capsule == NULL && answers != NULL) {
        answers_free(answers);
        free(answers);
    }
    PyBuffer_Release(&key);
    return capsule;
}

/* Answers the rows of columns in Arrow's layout: how many are left. `numbers` gets a number a row,
 * LEFT for those that are left. None if the rows cannot be counted here: then the answers to all
 * batches are of no use. */
static PyObject *
answer_columns(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *capsule, *urls, *callers, *codes, *locked, *result = NULL;
    Py_buffer numbers;
    Requests requests = {0};
    Answers *answers;
    Py_ssize_t rows, left = 0;

    if (!PyArg_ParseTuple(args, "OnOOOOw*", &capsule, &rows, &urls, &callers, &codes, &locked,
                          &numbers))
        return NULL;
    answers = PyCapsule_GetPointer(capsule, ANSWERS_CAPSULE);
    if (answers != NULL && (rows < 0 || numbers.len / 4 < rows))
        PyErr_SetString(PyExc_ValueError, "the numbers have a wrong length");
    else if (answers != NULL && requests_init(&requests, rows, urls, callers, codes, locked) == 0) {
        int bad = 0;
        Py_BEGIN_ALLOW_THREADS
        int32_t *number = numbers.buf;
        for (Py_ssize_t row = 0; row < rows && !answers->failed && !bad; row++) {
            Asked asked;
            Looked looked;
            int has_request = request_at(&requests, row, &asked);
            number[row] = LEFT;
            if (has_request > 0 && look(answers, &asked, &looked)) {
                if (looked.found != NOT_FOUND)
                    has_request = caller_at(&requests, row, &asked);
                if (has_request > 0)
                    number[row] = count(answers, &asked, &looked);
            }
            bad = has_request < 0;
            left += number[row] == LEFT;
        }
        Py_END_ALLOW_THREADS
        if (bad)
            PyErr_SetString(PyExc_ValueError, "the columns do not fit together");
        else
            result = answers->failed ? Py_NewRef(Py_None) : PyLong_FromSsize_t(left);
    }
    requests_free(&requests);
    PyBuffer_Release(&numbers);
    return result;
}

/* What was counted so far, as `answers_result` has it. */
static PyObject *
counted_answers(PyObject *Py_UNUSED(module), PyObject *capsule)
{
    const Answers *answers = PyCapsule_GetPointer(capsule, ANSWERS_CAPSULE);
    return answers == NULL ? NULL : answers_result(answers);
}

/* Has large buffers kept for the next ones. Else each is a new mapping of which the system clears
 * every page, which takes as long as the answers. Only glibc needs to be told. */
static PyObject *
keep_memory(PyObject *Py_UNUSED(module), PyObject *Py_UNUSED(nothing))
{
#if defined(__GLIBC__)
    mallopt(M_MMAP_THRESHOLD, 64 * 1024 * 1024);
    mallopt(M_TRIM_THRESHOLD, 256 * 1024 * 1024);
#endif
    return Py_NewRef(Py_None);
}

/* Has AVX2 used if the processor has it, or not used: for tests. Whether it is used now. */
static PyObject *
use_avx2(PyObject *Py_UNUSED(module), PyObject *wanted)
{
    choose_avx2(PyObject_IsTrue(wanted) == 1);
    return PyBool_FromLong(has_avx2);
}

static PyMethodDef methods[] = {
    {"keep_memory", keep_memory, METH_NOARGS, NULL},
    {"scan_lines", scan_lines, METH_VARARGS, NULL},
    {"answer_lines", answer_lines, METH_VARARGS, NULL},
    {"begin_answers", begin_answers, METH_VARARGS, NULL},
    {"answer_columns", answer_columns, METH_VARARGS, NULL},
    {"counted_answers", counted_answers, METH_O, NULL},
    {"count_lines", count_lines, METH_VARARGS, NULL},
    {"use_avx2", use_avx2, METH_O, NULL},
    {"quotes_close", quotes_close_py, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static PyModuleDef_Slot slots[] = {{0, NULL}};

static struct PyModuleDef module = {
    PyModuleDef_HEAD_INIT, "ssoroute.replay._scan", NULL, 0, methods, slots, NULL, NULL, NULL,
};

PyMODINIT_FUNC
PyInit__scan(void)
{
    make_json_table(); /* the same bytes each time */
    make_url_table();
    return PyModuleDef_Init(&module);
}
