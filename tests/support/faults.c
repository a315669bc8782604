/* Counts the calls that change a folder, and fails or dies at the n-th of them.

   Loaded by LD_PRELOAD, so that it sees what every library of the process does: Python, DuckDB and
   Arrow alike. `fault_injection.py` builds it and says where; nothing happens until `faults_arm`. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/types.h>
#include <unistd.h>

enum { OPEN = 1, WRITE = 2, SYNC = 4, RENAME = 8, LINK = 16, UNLINK = 32, MKDIR = 64, CHMOD = 128 };
enum { COUNT, KILL_BEFORE, KILL_AFTER, FAIL, FAIL_FROM, SHORT };

static char root[4096];
static int mask, what, number;
static long nth;
static atomic_long seen;
static int log_fd = -1;
static char ours[65536]; /* file descriptors of files under the root */
static __thread int is_nth;

void faults_arm(const char *folder, int ops, int kind, long at, int error, const char *log)
{
    strncpy(root, folder, sizeof root - 1);
    mask = ops; what = kind; nth = at; number = error;
    log_fd = log[0] ? open(log, O_WRONLY | O_CREAT | O_APPEND, 0644) : -1;
    atomic_store(&seen, 0);
}

long faults_seen(void) { return atomic_load(&seen); }

static int is_under(int at, const char *path)
{
    char link[64], base[4096];
    if (!root[0]) return 0;
    if (path[0] == '/') return strncmp(path, root, strlen(root)) == 0;
    if (at == AT_FDCWD) return getcwd(base, sizeof base) && strncmp(base, root, strlen(root)) == 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", at);
    ssize_t size = readlink(link, base, sizeof base - 1);
    if (size < 0) return 0;
    base[size] = 0;
    return strncmp(base, root, strlen(root)) == 0;
}

/* 1 where this call is to fail; errno says how. */
static int faulty(int op, const char *name, const char *path)
{
    is_nth = 0;
    if (!(mask & op)) return 0;
    long now = atomic_fetch_add(&seen, 1) + 1;
    if (log_fd >= 0) dprintf(log_fd, "%d %s %s\n", op, name, path);
    is_nth = now == nth;
    if (is_nth && what == KILL_BEFORE) kill(getpid(), SIGKILL);
    if ((is_nth && what == FAIL) || (nth && now >= nth && what == FAIL_FROM)) {
        errno = number;
        return 1;
    }
    return 0;
}

static void done(void)
{
    if (is_nth && what == KILL_AFTER) kill(getpid(), SIGKILL);
    is_nth = 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

static int opened(int at, const char *path, int flags, mode_t mode, int is_wide)
{
    int under = is_under(at, path);
    int changes = (flags & (O_CREAT | O_TRUNC)) || (flags & O_ACCMODE) != O_RDONLY;
    if (under && changes && faulty(OPEN, "open", path)) return -1;
    int fd = is_wide ? REAL(openat64)(at, path, flags, mode) : REAL(openat)(at, path, flags, mode);
    if (fd >= 0 && fd < (int)sizeof ours) ours[fd] = under;
    if (under && changes) done();
    return fd;
}

#define OPENS(name, is_wide)                                                  \
    int name(const char *path, int flags, ...)                                \
    {                                                                         \
        va_list more; va_start(more, flags);                                  \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more);                                                         \
        return opened(AT_FDCWD, path, flags, mode, is_wide);                  \
    }
#define OPENS_AT(name, is_wide)                                               \
    int name(int at, const char *path, int flags, ...)                        \
    {                                                                         \
        va_list more; va_start(more, flags);                                  \
        mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(more, mode_t) : 0; \
        va_end(more);                                                         \
        return opened(at, path, flags, mode, is_wide);                        \
    }
OPENS(open, 0)
OPENS(open64, 1)
OPENS_AT(openat, 0)
OPENS_AT(openat64, 1)

int close(int fd)
{
    if (fd >= 0 && fd < (int)sizeof ours) ours[fd] = 0;
    return REAL(close)(fd);
}

static int is_ours(int fd) { return fd >= 0 && fd < (int)sizeof ours && ours[fd]; }

/* What a descriptor is open on. */
static const char *named(int fd)
{
    static __thread char path[4096];
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t size = readlink(link, path, sizeof path - 1);
    path[size < 0 ? 0 : size] = 0;
    return path;
}

static const char *both(const char *from, const char *to)
{
    static __thread char paths[8192];
    snprintf(paths, sizeof paths, "%s\t%s", from, to);
    return paths;
}

#define AROUND(op, is_in, path, call)                                         \
    if (!(is_in)) return call;                                                \
    if (faulty(op, __func__, path)) return -1;                                \
    int given = call;                                                         \
    done();                                                                   \
    return given;
#define WRITES(call, half)                                                    \
    if (!is_ours(fd)) return call;                                            \
    if (faulty(WRITE, __func__, log_fd >= 0 ? named(fd) : "")) return -1;                               \
    ssize_t given = is_nth && what == SHORT && size > 1 ? half : call;        \
    done();                                                                   \
    return given;

ssize_t write(int fd, const void *data, size_t size)
{ WRITES(REAL(write)(fd, data, size), REAL(write)(fd, data, size / 2)) }
ssize_t pwrite(int fd, const void *data, size_t size, off_t at)
{ WRITES(REAL(pwrite)(fd, data, size, at), REAL(pwrite)(fd, data, size / 2, at)) }
ssize_t pwrite64(int fd, const void *data, size_t size, off64_t at)
{ WRITES(REAL(pwrite64)(fd, data, size, at), REAL(pwrite64)(fd, data, size / 2, at)) }
int ftruncate(int fd, off_t size) { AROUND(WRITE, is_ours(fd), named(fd), REAL(ftruncate)(fd, size)) }
int ftruncate64(int fd, off64_t size) { AROUND(WRITE, is_ours(fd), named(fd), REAL(ftruncate64)(fd, size)) }
int fsync(int fd) { AROUND(SYNC, is_ours(fd), named(fd), REAL(fsync)(fd)) }
int fdatasync(int fd) { AROUND(SYNC, is_ours(fd), named(fd), REAL(fdatasync)(fd)) }

int rename(const char *from, const char *to)
{ AROUND(RENAME, is_under(AT_FDCWD, to), both(from, to), REAL(rename)(from, to)) }
int renameat(int a, const char *from, int b, const char *to)
{ AROUND(RENAME, is_under(b, to), both(from, to), REAL(renameat)(a, from, b, to)) }
int link(const char *from, const char *to)
{ AROUND(LINK, is_under(AT_FDCWD, to), to, REAL(link)(from, to)) }
int linkat(int a, const char *from, int b, const char *to, int flags)
{ AROUND(LINK, is_under(b, to), to, REAL(linkat)(a, from, b, to, flags)) }
int symlink(const char *to, const char *path)
{ AROUND(LINK, is_under(AT_FDCWD, path), path, REAL(symlink)(to, path)) }
int symlinkat(const char *to, int at, const char *path)
{ AROUND(LINK, is_under(at, path), path, REAL(symlinkat)(to, at, path)) }
int unlink(const char *path)
{ AROUND(UNLINK, is_under(AT_FDCWD, path), path, REAL(unlink)(path)) }
int unlinkat(int at, const char *path, int flags)
{ AROUND(UNLINK, is_under(at, path), path, REAL(unlinkat)(at, path, flags)) }
int rmdir(const char *path)
{ AROUND(UNLINK, is_under(AT_FDCWD, path), path, REAL(rmdir)(path)) }
int mkdir(const char *path, mode_t mode)
{ AROUND(MKDIR, is_under(AT_FDCWD, path), path, REAL(mkdir)(path, mode)) }
int mkdirat(int at, const char *path, mode_t mode)
{ AROUND(MKDIR, is_under(at, path), path, REAL(mkdirat)(at, path, mode)) }
int chmod(const char *path, mode_t mode)
{ AROUND(CHMOD, is_under(AT_FDCWD, path), path, REAL(chmod)(path, mode)) }
int fchmodat(int at, const char *path, mode_t mode, int flags)
{ AROUND(CHMOD, is_under(at, path), path, REAL(fchmodat)(at, path, mode, flags)) }
