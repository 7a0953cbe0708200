/* A disk that tells, and a disk that fails: preloaded under the real program.
 *
 * Owns: every call by which the program changes files below one folder. It can write them down in their order
 * (JOBWRIGHT_DISK_TRACE), make the n-th call of a kind fail (JOBWRIGHT_DISK_FAIL=kind:n:fault), and move the clock
 * (JOBWRIGHT_CLOCK_SHIFT=seconds). It can also write down what the program took of the processor and of memory
 * (JOBWRIGHT_TAKEN=file). Leaves what a power cut makes of the story to tests/power.
 *
 * A file is known by its inode, so that duplicated descriptors and renamed files stay the same. One lock is held over
 * each call and its record: the order in the trace is the order on the disk. Everything is passed on when nothing of
 * the above is asked for, and for all other files.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* The kinds of records; tests/power/trace.rs knows the same. */
enum { CREATE = 1, WRITE, LENGTH, SYNC, SYNC_NAMES, RENAME, UNLINK, MAKE_FOLDER, REMOVE_FOLDER, LINK };

struct head {
    uint8_t kind;
    uint8_t unused[7];
    uint64_t inode, at, first_bytes, second_bytes;
};

static pthread_mutex_t lock = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
static const char *below;
static size_t below_bytes;
static int trace = -1;
static char fail_kind[16];
static long fail_at, fail_seen;
static int fail_errno;
static int fail_short;
static const char *fired;
static time_t shift;

#define REAL(name) ((__typeof__(&name))real(#name))

static void *real(const char *name) {
    void *found = dlsym(RTLD_NEXT, name);
    if (!found) abort();
    return found;
}

static const char *set(const char *name) {
    const char *value = getenv(name);
    return value && *value ? value : NULL;
}

__attribute__((constructor)) static void begin(void) {
    const char *value;
    if ((below = set("JOBWRIGHT_DISK_BELOW"))) below_bytes = strlen(below);
    if ((value = set("JOBWRIGHT_CLOCK_SHIFT"))) shift = atol(value);
    if (below && (value = set("JOBWRIGHT_DISK_TRACE"))) {
        trace = REAL(open64)(value, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
        if (trace < 0) abort();
    }
    if (below && (value = set("JOBWRIGHT_DISK_FAIL"))) {
        char fault[16];
        if (sscanf(value, "%15[a-z]:%ld:%15s", fail_kind, &fail_at, fault) != 3) abort();
        fail_errno = !strcmp(fault, "ENOSPC") ? ENOSPC : EIO;
        fail_short = !strcmp(fault, "short");
        fired = set("JOBWRIGHT_DISK_FIRED");
    }
}

/* The most memory that the program itself had, in KiB; 0 when the system does not say. What getrusage tells also counts
 * the process that started it, whose memory it shared until it became the program. */
static long most_memory(void) {
    char line[256];
    long most = 0;
    FILE *status = fopen("/proc/self/status", "r");
    if (!status) return 0;
    while (!most && fgets(line, sizeof line, status)) sscanf(line, "VmHWM: %ld kB", &most);
    fclose(status);
    return most;
}

/* What the program took, once it ends by itself: seconds of the processor in milliseconds, and the most memory in KiB. */
__attribute__((destructor)) static void end(void) {
    const char *taken = set("JOBWRIGHT_TAKEN");
    struct rusage used;
    FILE *to;
    long most = taken ? most_memory() : 0;
    if (!most || getrusage(RUSAGE_SELF, &used) || !(to = fopen(taken, "w"))) return;
    long milliseconds = (used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1000
        + (used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1000;
    fprintf(to, "%ld %ld\n", milliseconds, most);
    fclose(to);
}

static int is_below(const char *path) {
    return below && !strncmp(path, below, below_bytes) && (path[below_bytes] == '/' || !path[below_bytes]);
}

/* Where a descriptor's file lies; 0 for files that are none of ours. */
static int path_of(int fd, char path[PATH_MAX]) {
    char link[64];
    if (!below) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t bytes = readlink(link, path, PATH_MAX - 1);
    if (bytes <= 0) return 0;
    path[bytes] = 0;
    return is_below(path);
}

/* A path from the root; relative ones hang on the folder of the descriptor, or on the working one. */
static int whole_path(int dir, const char *path, char whole[PATH_MAX]) {
    char folder[PATH_MAX];
    if (!below) return 0;
    if (*path == '/') {
        snprintf(whole, PATH_MAX, "%s", path);
    } else {
        if (dir == AT_FDCWD ? !getcwd(folder, sizeof folder) : !path_of(dir, folder)) return 0;
        while (!strncmp(path, "./", 2)) path += 2;
        if (snprintf(whole, PATH_MAX, strcmp(path, ".") ? "%s/%s" : "%s", folder, path) >= PATH_MAX) return 0;
    }
    return is_below(whole);
}

static uint64_t inode_of(const char *path) {
    struct stat found;
    return lstat(path, &found) ? 0 : found.st_ino;
}

static void tell(uint8_t kind, uint64_t inode, uint64_t at, const void *first, size_t first_bytes, const void *second,
                 size_t second_bytes) {
    if (trace < 0) return;
    int before = errno;
    struct head head = {kind, {0}, inode, at, first_bytes, second_bytes};
    struct iovec parts[] = {{&head, sizeof head}, {(void *)first, first_bytes}, {(void *)second, second_bytes}};
    ssize_t whole = (ssize_t)(sizeof head + first_bytes + second_bytes);
    if (REAL(writev)(trace, parts, 3) != whole) abort();
    errno = before;
}

/* Whether this call is the one that fails. It says aside at which file it did, for whoever counts. */
static int fails(const char *kind, const char *path) {
    if (!fail_at || strcmp(kind, fail_kind) || ++fail_seen != fail_at) return 0;
    if (fired) {
        int fd = REAL(open64)(fired, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
        if (fd < 0 || REAL(write)(fd, path, strlen(path)) < 0) abort();
        close(fd);
    }
    errno = fail_errno;
    return 1;
}

#define LOCKED(type, body)                 \
    do {                                   \
        pthread_mutex_lock(&lock);         \
        type result = ({ body; });         \
        int after = errno;                 \
        pthread_mutex_unlock(&lock);       \
        errno = after;                     \
        return result;                     \
    } while (0)

/* Files made and opened. */

static int opened(int dir, const char *path, int flags, mode_t mode) {
    char whole[PATH_MAX];
    __typeof__(&openat64) next = REAL(openat64);
    int is_ours = flags & (O_CREAT | O_TRUNC) && whole_path(dir, path, whole);
    if (!is_ours) return next(dir, path, flags, mode);
    uint64_t before = inode_of(whole);
    if (flags & O_CREAT && !before && fails("open", whole)) return -1;
    int fd = next(dir, path, flags, mode);
    if (fd < 0) return fd;
    uint64_t inode = inode_of(whole);
    if (!before) tell(CREATE, inode, 0, whole, strlen(whole), NULL, 0);
    else if (flags & O_TRUNC) tell(LENGTH, inode, 0, NULL, 0, NULL, 0);
    return fd;
}

#define OPEN(name, ...)                                      \
    int name(__VA_ARGS__ const char *path, int flags, ...) { \
        mode_t mode = 0;                                     \
        if (flags & (O_CREAT | O_TMPFILE)) {                 \
            va_list rest;                                    \
            va_start(rest, flags);                           \
            mode = va_arg(rest, mode_t);                     \
            va_end(rest);                                    \
        }                                                    \
        LOCKED(int, opened(DIR_OF_CALL, path, flags, mode)); \
    }
#define DIR_OF_CALL AT_FDCWD
OPEN(open, )
OPEN(open64, )
#undef DIR_OF_CALL
#define DIR_OF_CALL dir
#define DIR_ARGUMENT int dir,
OPEN(openat, DIR_ARGUMENT)
OPEN(openat64, DIR_ARGUMENT)

int creat(const char *path, mode_t mode) { LOCKED(int, opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode)); }
int creat64(const char *path, mode_t mode) { LOCKED(int, opened(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode)); }

/* Bytes written. */

static ssize_t wrote(int fd, const void *bytes, size_t count, off64_t at) {
    char path[PATH_MAX];
    int is_here = at < 0;
    if (!path_of(fd, path)) return is_here ? REAL(write)(fd, bytes, count) : REAL(pwrite64)(fd, bytes, count, at);
    if (fails("write", path)) {
        if (!fail_short || count < 2) return -1;
        /* A part is written, and the call says so: the rest of the disk is for the next call to find. */
        count /= 2;
    }
    ssize_t done = is_here ? REAL(write)(fd, bytes, count) : REAL(pwrite64)(fd, bytes, count, at);
    struct stat found;
    if (done > 0 && !fstat(fd, &found)) {
        off64_t from = is_here ? lseek64(fd, 0, SEEK_CUR) - done : at;
        tell(WRITE, found.st_ino, (uint64_t)from, bytes, (size_t)done, NULL, 0);
    }
    return done;
}

/* Several parts go out one by one: a caller has to be ready for fewer bytes anyway. */
static ssize_t wrote_parts(int fd, const struct iovec *parts, int count, off64_t at) {
    ssize_t all = 0;
    for (int i = 0; i < count; i++) {
        if (!parts[i].iov_len) continue;
        ssize_t done = wrote(fd, parts[i].iov_base, parts[i].iov_len, at < 0 ? at : at + all);
        if (done < 0) return all ? all : done;
        all += done;
        if ((size_t)done < parts[i].iov_len) break;
    }
    return all;
}

ssize_t write(int fd, const void *bytes, size_t count) { LOCKED(ssize_t, wrote(fd, bytes, count, -1)); }
ssize_t pwrite(int fd, const void *b, size_t count, off_t at) { LOCKED(ssize_t, wrote(fd, b, count, at)); }
ssize_t pwrite64(int fd, const void *b, size_t count, off64_t at) { LOCKED(ssize_t, wrote(fd, b, count, at)); }
ssize_t writev(int fd, const struct iovec *parts, int count) {
    char path[PATH_MAX];
    if (!path_of(fd, path)) return REAL(writev)(fd, parts, count);
    LOCKED(ssize_t, wrote_parts(fd, parts, count, -1));
}
ssize_t pwritev(int fd, const struct iovec *p, int count, off_t at) { LOCKED(ssize_t, wrote_parts(fd, p, count, at)); }
ssize_t pwritev64(int fd, const struct iovec *p, int count, off64_t at) { LOCKED(ssize_t, wrote_parts(fd, p, count, at)); }

/* The kernel copies on its own in these; refused, callers fall back to reading and writing. */
ssize_t copy_file_range(int in, off64_t *in_at, int out, off64_t *out_at, size_t count, unsigned flags) {
    char path[PATH_MAX];
    if (!path_of(out, path)) return REAL(copy_file_range)(in, in_at, out, out_at, count, flags);
    errno = ENOSYS;
    return -1;
}

/* Lengths. */

static int cut(int fd, off64_t length, int allocates) {
    char path[PATH_MAX];
    struct stat found;
    if (path_of(fd, path) && fails("length", path)) return -1;
    int done = allocates ? REAL(fallocate64)(fd, 0, 0, length) : REAL(ftruncate64)(fd, length);
    if (!done && path_of(fd, path) && !fstat(fd, &found)) {
        tell(LENGTH, found.st_ino, (uint64_t)found.st_size, NULL, 0, NULL, 0);
    }
    return done;
}

int ftruncate(int fd, off_t length) { LOCKED(int, cut(fd, length, 0)); }
int ftruncate64(int fd, off64_t length) { LOCKED(int, cut(fd, length, 0)); }
int fallocate(int fd, int mode, off_t at, off_t bytes) {
    if (mode) return REAL(fallocate64)(fd, mode, at, bytes);
    LOCKED(int, cut(fd, at + bytes, 1));
}
int fallocate64(int fd, int mode, off64_t at, off64_t bytes) {
    if (mode) return REAL(fallocate64)(fd, mode, at, bytes);
    LOCKED(int, cut(fd, at + bytes, 1));
}
int posix_fallocate(int fd, off_t at, off_t bytes) { LOCKED(int, cut(fd, at + bytes, 1) ? errno : 0); }
int posix_fallocate64(int fd, off64_t at, off64_t bytes) { LOCKED(int, cut(fd, at + bytes, 1) ? errno : 0); }

/* What reaches the disk. sync_file_range is none of it: it waits for bytes, not for the drive nor for lengths. */

static int synced(int fd, const char *name) {
    char path[PATH_MAX];
    struct stat found;
    if (!path_of(fd, path)) return ((int (*)(int))real(name))(fd);
    if (fails("sync", path)) return -1;
    int done = ((int (*)(int))real(name))(fd);
    if (!done && !fstat(fd, &found)) {
        if (S_ISDIR(found.st_mode)) tell(SYNC_NAMES, found.st_ino, 0, path, strlen(path), NULL, 0);
        else tell(SYNC, found.st_ino, 0, NULL, 0, NULL, 0);
    }
    return done;
}

int fsync(int fd) { LOCKED(int, synced(fd, "fsync")); }
int fdatasync(int fd) { LOCKED(int, synced(fd, "fdatasync")); }
int sync_file_range(int fd, off64_t at, off64_t bytes, unsigned flags) {
    char path[PATH_MAX];
    if (path_of(fd, path) && fails("range", path)) return -1;
    return REAL(sync_file_range)(fd, at, bytes, flags);
}

/* Names. */

static int renamed(int from_dir, const char *from, int to_dir, const char *to) {
    char whole_from[PATH_MAX], whole_to[PATH_MAX];
    __typeof__(&renameat) next = REAL(renameat);
    int is_ours = whole_path(from_dir, from, whole_from) && whole_path(to_dir, to, whole_to);
    if (!is_ours) return next(from_dir, from, to_dir, to);
    if (fails("rename", whole_from)) return -1;
    uint64_t inode = inode_of(whole_from);
    int done = next(from_dir, from, to_dir, to);
    if (!done) tell(RENAME, inode, 0, whole_from, strlen(whole_from), whole_to, strlen(whole_to));
    return done;
}

int rename(const char *from, const char *to) { LOCKED(int, renamed(AT_FDCWD, from, AT_FDCWD, to)); }
int renameat(int a, const char *from, int b, const char *to) { LOCKED(int, renamed(a, from, b, to)); }
int renameat2(int a, const char *from, int b, const char *to, unsigned flags) {
    char whole[PATH_MAX];
    if (flags && whole_path(a, from, whole)) {
        errno = EINVAL;
        return -1;
    }
    if (flags) return REAL(renameat2)(a, from, b, to, flags);
    LOCKED(int, renamed(a, from, b, to));
}

static int linked(int from_dir, const char *from, int to_dir, const char *to, int flags) {
    char whole_from[PATH_MAX], whole_to[PATH_MAX];
    __typeof__(&linkat) next = REAL(linkat);
    int is_ours = whole_path(from_dir, from, whole_from) && whole_path(to_dir, to, whole_to);
    if (!is_ours) return next(from_dir, from, to_dir, to, flags);
    if (fails("link", whole_to)) return -1;
    int done = next(from_dir, from, to_dir, to, flags);
    if (!done) tell(LINK, inode_of(whole_to), 0, whole_from, strlen(whole_from), whole_to, strlen(whole_to));
    return done;
}

int link(const char *from, const char *to) { LOCKED(int, linked(AT_FDCWD, from, AT_FDCWD, to, 0)); }
int linkat(int a, const char *from, int b, const char *to, int flags) { LOCKED(int, linked(a, from, b, to, flags)); }

static int removed(int dir, const char *path, int flags) {
    char whole[PATH_MAX];
    __typeof__(&unlinkat) next = REAL(unlinkat);
    if (!whole_path(dir, path, whole)) return next(dir, path, flags);
    if (fails("unlink", whole)) return -1;
    uint64_t inode = inode_of(whole);
    int done = next(dir, path, flags);
    if (!done) tell(flags & AT_REMOVEDIR ? REMOVE_FOLDER : UNLINK, inode, 0, whole, strlen(whole), NULL, 0);
    return done;
}

int unlink(const char *path) { LOCKED(int, removed(AT_FDCWD, path, 0)); }
int unlinkat(int dir, const char *path, int flags) { LOCKED(int, removed(dir, path, flags)); }
int rmdir(const char *path) { LOCKED(int, removed(AT_FDCWD, path, AT_REMOVEDIR)); }

static int made(int dir, const char *path, mode_t mode) {
    char whole[PATH_MAX];
    __typeof__(&mkdirat) next = REAL(mkdirat);
    if (!whole_path(dir, path, whole)) return next(dir, path, mode);
    if (!inode_of(whole) && fails("folder", whole)) return -1;
    int done = next(dir, path, mode);
    if (!done) tell(MAKE_FOLDER, inode_of(whole), 0, whole, strlen(whole), NULL, 0);
    return done;
}

int mkdir(const char *path, mode_t mode) { LOCKED(int, made(AT_FDCWD, path, mode)); }
int mkdirat(int dir, const char *path, mode_t mode) { LOCKED(int, made(dir, path, mode)); }

/* The wall clock. Waiting goes by the other one, which never jumps. */

int clock_gettime(clockid_t clock, struct timespec *now) {
    int done = REAL(clock_gettime)(clock, now);
    if (!done && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += shift;
    return done;
}
int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    int done = REAL(gettimeofday)(now, zone);
    if (!done) now->tv_sec += shift;
    return done;
}
time_t time(time_t *into) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (into) *into = now.tv_sec;
    return now.tv_sec;
}
