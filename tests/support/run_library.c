/* Runs a compiled library as an app would: run_library INPUT OUTPUT. Its header is included by the compiler's option
 * -include; its name is RUN, STEP, ... on the command line. The memories end where their pages end. Exits with 0, or
 * with the number of what failed. */
#define _DEFAULT_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static char *guarded(size_t bytes) {
    const size_t page = (size_t)sysconf(_SC_PAGESIZE), whole = (bytes + page - 1) / page * page;
    char *memory = mmap(NULL, whole + 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, page, PROT_NONE) != 0 ||
        mprotect(memory + page + whole, page, PROT_NONE) != 0) {
        _exit(99);
    }
    return memory + page + whole - bytes;
}

static char *input, *expected;

/* The borders of the tensors are never written: they hold the code for what lies outside the image. */
static char *workspace(void) {
    char *memory = guarded(WORKSPACE_BYTES);
    memset(memory, PADDING, WORKSPACE_BYTES);
    return memory;
}

static void *run_often(void *failed) {
    char *output = guarded(OUTPUT_BYTES), *memory = workspace();
    for (int time = 0; time < 5; ++time) {
        memset(output, 0, OUTPUT_BYTES);
        if (RUN(input, output, memory) != 0 || memcmp(output, expected, OUTPUT_BYTES) != 0) *(int *)failed = 1;
    }
    return NULL;
}

static int run_in_steps(void) {
    char *output = guarded(OUTPUT_BYTES), *memory = workspace();
    int step = 0;
    while (STEP(step, input, output, memory) == 0) ++step;
    if (step != STEPS || STEP(step, input, output, memory) != 2 || STEP(-1, input, output, memory) != 2) return 0;
    return memcmp(output, expected, OUTPUT_BYTES) == 0;
}

int main(int count, char **arguments) {
    if (count != 3) return 1;
    input = guarded(INPUT_BYTES);
    expected = guarded(OUTPUT_BYTES);
    FILE *file = fopen(arguments[1], "rb");
    if (!file || fread(input, 1, INPUT_BYTES, file) != INPUT_BYTES || fgetc(file) != EOF) return 2;
    fclose(file);
    char *memory = workspace();
    if (RUN(NULL, expected, memory) != 1 || RUN(input, NULL, memory) != 1 || RUN(input, expected, NULL) != 1) return 3;
    if (RUN(input, expected, memory) != 0) return 4;
    if (!run_in_steps()) return 5;

    int failed[2] = {0, 0};
    pthread_t threads[2];
    for (int index = 0; index < 2; ++index) pthread_create(&threads[index], NULL, run_often, &failed[index]);
    for (int index = 0; index < 2; ++index) pthread_join(threads[index], NULL);
    if (failed[0] || failed[1]) return 6;

    file = fopen(arguments[2], "wb");
    if (!file || fwrite(expected, 1, OUTPUT_BYTES, file) != OUTPUT_BYTES || fclose(file) != 0) return 7;
    return VARIANT() < 0 ? 8 : 0;
}
