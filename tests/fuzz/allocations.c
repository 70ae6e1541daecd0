/* Counts the allocations of a call, or lets one of them fail: hooks around Python's allocators. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

static PyMemAllocatorEx real[3];
static const PyMemAllocatorDomain domains[3] = {PYMEM_DOMAIN_RAW, PYMEM_DOMAIN_MEM,
                                                PYMEM_DOMAIN_OBJ};
static Py_ssize_t allocations, failing; /* how many so far; the one that fails, 0 for none */

static int
fails(void)
{
    return ++allocations == failing;
}

static void *
hook_malloc(void *context, size_t size)
{
    PyMemAllocatorEx *allocator = context;
    return fails() ? NULL : allocator->malloc(allocator->ctx, size);
}

static void *
hook_calloc(void *context, size_t count, size_t size)
{
    PyMemAllocatorEx *allocator = context;
    return fails() ? NULL : allocator->calloc(allocator->ctx, count, size);
}

static void *
hook_realloc(void *context, void *old, size_t size)
{
    PyMemAllocatorEx *allocator = context;
    return fails() ? NULL : allocator->realloc(allocator->ctx, old, size);
}

static void
hook_free(void *context, void *old)
{
    PyMemAllocatorEx *allocator = context;
    allocator->free(allocator->ctx, old);
}

static void
install(Py_ssize_t fail_at)
{
    allocations = 0;
    failing = fail_at;
    for (int place = 0; place < 3; place++) {
        PyMem_GetAllocator(domains[place], &real[place]);
        PyMemAllocatorEx hook = {&real[place], hook_malloc, hook_calloc, hook_realloc, hook_free};
        PyMem_SetAllocator(domains[place], &hook);
    }
}

static void
uninstall(void)
{
    for (int place = 0; place < 3; place++)
        PyMem_SetAllocator(domains[place], &real[place]);
}

/* count(function, argument, times): the allocations of `times` calls of `function(argument)`. */
static PyObject *
count(PyObject *module, PyObject *arguments)
{
    PyObject *function, *argument;
    Py_ssize_t times;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OOn", &function, &argument, &times))
        return NULL;
    int failed = 0;
    install(0);
    while (times-- > 0 && !failed) {
        PyObject *result = PyObject_Vectorcall(function, &argument, 1, NULL);
        failed = result == NULL;
        Py_XDECREF(result);
    }
    uninstall();
    return failed ? NULL : PyLong_FromSsize_t(allocations);
}

/* fail(function, arguments, place): call it while the allocation number `place` fails. None where
 * it needed fewer; otherwise whatever it returns or raises. */
static PyObject *
fail(PyObject *module, PyObject *arguments)
{
    PyObject *function, *given;
    Py_ssize_t place;
    (void)module;
    if (!PyArg_ParseTuple(arguments, "OO!n", &function, &PyTuple_Type, &given, &place))
        return NULL;
    install(place);
    PyObject *result = PyObject_CallObject(function, given);
    uninstall();
    if (allocations >= place)
        return result;
    Py_XDECREF(result);
    return result ? Py_NewRef(Py_None) : NULL;
}

static PyMethodDef methods[] = {
    {"count", count, METH_VARARGS, NULL},
    {"fail", fail, METH_VARARGS, NULL},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT, .m_name = "allocations", .m_size = -1, .m_methods = methods};

PyMODINIT_FUNC
PyInit_allocations(void)
{
    return PyModule_Create(&definition);
}
