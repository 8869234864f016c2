/* Times a library of dsq compile: for each line read, as many runs as it says; the median in microseconds. Compiled with
 * -DHEADER and the names of the library. */
#include HEADER

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static _Alignas(WORKSPACE_ALIGNMENT) unsigned char workspace[WORKSPACE_BYTES];
static _Alignas(64) unsigned char input[INPUT_BYTES], output[OUTPUT_BYTES];
static double times[100000];

static double now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e6 + (double)time.tv_nsec * 1e-3;
}

static int compare(const void *a, const void *b) {
    const double difference = *(const double *)a - *(const double *)b;
    return (difference > 0) - (difference < 0);
}

int main(void) {
    for (size_t i = 0; i < sizeof input; ++i) input[i] = (unsigned char)(i * 131 + i / 7);
    int count;
    while (scanf("%d", &count) == 1 && count > 0 && count <= 100000) {
        for (int i = 0; i < count; ++i) {
            const double start = now();
            if (RUN(input, output, workspace) != 0) return 1;
            times[i] = now() - start;
        }
        qsort(times, (size_t)count, sizeof *times, compare);
        printf("%.3f\n", times[count / 2]);
        fflush(stdout);
    }
    return 0;
}
