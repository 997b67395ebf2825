/* Runs every file of the folders (and every file) named as arguments through a fuzz target, so that what the fuzzer
 * once found is tried with every compiler and on every run of the tests. Fails when there was no file at all. */
#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay_file(const char *path, size_t size)
{
    /* Just as large as the input, so that a sanitizer sees the first byte that is read behind it. */
    uint8_t *data = malloc(size ? size : 1);
    FILE *file = fopen(path, "rb");
    if (!data || !file || fread(data, 1, size, file) != size) {
        perror(path);
        exit(1);
    }
    fclose(file);
    LLVMFuzzerTestOneInput(data, size);
    free(data);
    return 1;
}

static int replay(const char *path)
{
    struct stat st;
    DIR *folder = opendir(path);
    if (!folder)
        return stat(path, &st) == 0 && S_ISREG(st.st_mode) ? replay_file(path, (size_t)st.st_size) : 0;
    int count = 0;
    for (struct dirent *entry; (entry = readdir(folder));) {
        char inner[PATH_MAX];
        if (entry->d_name[0] != '.' && snprintf(inner, sizeof inner, "%s/%s", path, entry->d_name) < PATH_MAX)
            count += replay(inner);
    }
    closedir(folder);
    return count;
}

int main(int argc, char **argv)
{
    int count = 0;
    for (int i = 1; i < argc; i++)
        count += replay(argv[i]);
    printf("%d inputs replayed\n", count);
    return count > 0 ? 0 : 1;
}
