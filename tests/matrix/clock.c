/* A clock that a test can step, for one host of the box: no namespace has a clock of its own that shows the date.
 *
 * Every program of the host loads this (/etc/ld.so.preload).  The file STEP holds two numbers of 64 bits: how many
 * seconds the clock was moved, and when.  All that shows the date shows the moved one: clock_gettime, gettimeofday,
 * time, and the times of files that were written since.  CLOCK_MONOTONIC stays, as it does if a clock is stepped.
 * A wait until a date is moved back, as the kernel knows only the real date; a wait that had begun before the step
 * goes on as long as it would have.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <pthread.h>
#include <semaphore.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#define STEP "/var/lib/clock-step"
#define DATES 1000000000 /* a smaller number of seconds is no date, but a time since boot */

static const long none[2];
static const volatile long *clock_step = none;

__attribute__((constructor)) static void begin(void)
{
    int file = open(STEP, O_RDONLY | O_CLOEXEC);
    if (file < 0)
        return;
    void *seen = mmap(0, sizeof none, PROT_READ, MAP_SHARED, file, 0);
    if (seen != MAP_FAILED)
        clock_step = seen;
    close(file);
}

int clock_gettime(clockid_t which, struct timespec *now)
{
    int failed = syscall(SYS_clock_gettime, which, now);
    if (!failed && (which == CLOCK_REALTIME || which == CLOCK_REALTIME_COARSE))
        now->tv_sec += clock_step[0];
    return failed;
}

int gettimeofday(struct timeval *now, void *zone)
{
    struct timespec exact;
    (void)zone;
    clock_gettime(CLOCK_REALTIME, &exact);
    now->tv_sec = exact.tv_sec;
    now->tv_usec = exact.tv_nsec / 1000;
    return 0;
}

time_t time(time_t *where)
{
    struct timespec exact;
    clock_gettime(CLOCK_REALTIME, &exact);
    if (where)
        *where = exact.tv_sec;
    return exact.tv_sec;
}

static struct timespec real_date(const struct timespec *until)
{
    struct timespec moved = *until;
    if (moved.tv_sec > DATES)
        moved.tv_sec -= clock_step[0];
    return moved;
}

#define WAIT(name, version, type)                                                                                      \
    int name(type *what, const struct timespec *until)                                                                 \
    {                                                                                                                  \
        static int (*next)(type *, const struct timespec *);                                                           \
        struct timespec moved = real_date(until);                                                                      \
        if (!next)                                                                                                     \
            next = (int (*)(type *, const struct timespec *))dlvsym(RTLD_NEXT, #name, version);                        \
        return next(what, &moved);                                                                                     \
    }
WAIT(sem_timedwait, "GLIBC_2.34", sem_t)
WAIT(pthread_mutex_timedlock, "GLIBC_2.34", pthread_mutex_t)

int pthread_cond_timedwait(pthread_cond_t *what, pthread_mutex_t *lock, const struct timespec *until)
{
    static int (*next)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *);
    struct timespec moved = real_date(until);
    if (!next)
        next = (int (*)(pthread_cond_t *, pthread_mutex_t *, const struct timespec *))dlvsym(
            RTLD_NEXT, "pthread_cond_timedwait", "GLIBC_2.3.2");
    return next(what, lock, &moved);
}

static int dated(int failed, struct stat *seen)
{
    struct timespec *times[] = {&seen->st_atim, &seen->st_mtim, &seen->st_ctim};
    for (int number = 0; !failed && number < 3; number++)
        if (clock_step[0] && times[number]->tv_sec >= clock_step[1])
            times[number]->tv_sec += clock_step[0];
    return failed;
}

int fstatat(int folder, const char *path, struct stat *seen, int flags)
{
    return dated(syscall(SYS_newfstatat, folder, path, seen, flags), seen);
}

int stat(const char *path, struct stat *seen)
{
    return fstatat(AT_FDCWD, path, seen, 0);
}

int lstat(const char *path, struct stat *seen)
{
    return fstatat(AT_FDCWD, path, seen, AT_SYMLINK_NOFOLLOW);
}

int fstat(int file, struct stat *seen)
{
    return fstatat(file, "", seen, AT_EMPTY_PATH);
}

/* The same for programs that were built for large files; on this machine both kinds of size are one. */
int fstatat64(int folder, const char *path, struct stat64 *seen, int flags)
{
    return fstatat(folder, path, (struct stat *)seen, flags);
}

int stat64(const char *path, struct stat64 *seen)
{
    return stat(path, (struct stat *)seen);
}

int lstat64(const char *path, struct stat64 *seen)
{
    return lstat(path, (struct stat *)seen);
}

int fstat64(int file, struct stat64 *seen)
{
    return fstat(file, (struct stat *)seen);
}
