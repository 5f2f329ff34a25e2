// A disk that can lose what was not synced, for a process that does not know: loaded with LD_PRELOAD.
//
// Every change of a file or name below LOSSY_DISK_ROOT is executed, and what is needed to undo it is appended to a log in
// LOSSY_DISK_STATE: the bytes that a write covers, the name that a file had. fsync and fdatasync append which changes are
// safe from now on, and need not reach the real disk. The log outlives the process: when it was killed, test/chaos/disk
// takes back what a power failure may take. Files that are unlinked go on living in LOSSY_DISK_STATE/grave, so that no
// inode number comes twice. LOSSY_DISK_STATE/control holds the faults to come.
#define _GNU_SOURCE
#include "lossy-disk.h"

#include <dlfcn.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <time.h>

long (*raw_call)(long, ...);
struct control *control;
static const char *root, *state;
static size_t root_length;
static int log_fd = -1;
static pthread_mutex_t mutex;
static pthread_once_t once = PTHREAD_ONCE_INIT;

void give_up(const char *what) {
  char text[PATH_MAX];
  int length = snprintf(text, sizeof text, "lossy disk: %s (errno %d)\n", what, errno);
  RAW(SYS_write, 2, text, length);
  abort();
}

static void prepare(void) {
  pthread_mutexattr_t attributes;
  pthread_mutexattr_init(&attributes);
  pthread_mutexattr_settype(&attributes, PTHREAD_MUTEX_RECURSIVE);
  pthread_mutex_init(&mutex, &attributes);
  // ISO C has no cast from an object's pointer to a function's; dlsym's page says to go this way.
  *(void **)&raw_call = dlsym(RTLD_NEXT, "syscall");
  root = getenv("LOSSY_DISK_ROOT");
  state = getenv("LOSSY_DISK_STATE");
  if (root == NULL || state == NULL) return;
  root_length = strlen(root);
  char path[PATH_MAX];
  snprintf(path, sizeof path, "%s/control", state);
  int fd = raw_call(SYS_openat, AT_FDCWD, path, O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) give_up("no control file");
  void *mapped =
      (void *)raw_call(SYS_mmap, NULL, sizeof *control, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) give_up("mmap of the control file");
  raw_call(SYS_close, fd);
  control = mapped;
}

void ready(void) { pthread_once(&once, prepare); }
__attribute__((constructor)) static void begin(void) { ready(); }
void lock(void) { pthread_mutex_lock(&mutex); }
void unlock(void) { pthread_mutex_unlock(&mutex); }

/** Absolute, without a look at symbolic links; false when it lies elsewhere. */
bool tracked_path(int folder, const char *path, char out[PATH_MAX]) {
  ready();
  if (root == NULL || path == NULL) return false;
  if (path[0] == '/') {
    snprintf(out, PATH_MAX, "%s", path);
  } else {
    char link[64], base[PATH_MAX];
    if (folder == AT_FDCWD) snprintf(link, sizeof link, "/proc/self/cwd");
    else snprintf(link, sizeof link, "/proc/self/fd/%d", folder);
    ssize_t length = RAW(SYS_readlinkat, AT_FDCWD, link, base, sizeof base - 1);
    if (length < 0) return false;
    base[length] = 0;
    if (snprintf(out, PATH_MAX, "%s/%s", base, path) >= PATH_MAX) return false;
  }
  size_t length = strlen(out);
  while (length > 1 && out[length - 1] == '/') out[--length] = 0;
  return strncmp(out, root, root_length) == 0 && (out[root_length] == '/' || out[root_length] == 0);
}

/** The inode of the folder that holds `path`; `*name` is set to the last part of it. */
uint64_t folder_of(const char *path, const char **name) {
  char folder[PATH_MAX];
  const char *slash = strrchr(path, '/');
  snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
  *name = slash + 1;
  struct stat info;
  return stat(folder, &info) == 0 ? info.st_ino : 0;
}

/** Appends one record. Its number says where it stands among all changes; see struct record. */
void append(struct record record, const char *name, const char *other, const void *data) {
  if (log_fd < 0) {
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/log", state);
    log_fd = RAW(SYS_openat, AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (log_fd < 0) give_up("no log");
  }
  record.magic = RECORD_MAGIC;
  record.number = ++control->sequence;
  record.name_length = name ? strlen(name) : 0;
  record.other_length = other ? strlen(other) : 0;
  struct iovec parts[] = {{&record, sizeof record},
                          {(void *)name, record.name_length},
                          {(void *)other, record.other_length},
                          {(void *)data, record.data_length}};
  ssize_t length = sizeof record + record.name_length + record.other_length + record.data_length;
  if (RAW(SYS_writev, log_fd, parts, 4) != length) give_up("the log can't be written");
}

/** Keeps the inode of a name that is about to go; returns its number among the buried. */
uint64_t bury(const char *path) {
  char grave[PATH_MAX];
  uint64_t number = ++control->buried;
  snprintf(grave, sizeof grave, "%s/grave/%llu", state, (unsigned long long)number);
  return RAW(SYS_linkat, AT_FDCWD, path, AT_FDCWD, grave, 0) == 0 ? number : 0;
}

static void die(void) {
  RAW(SYS_kill, RAW(SYS_getpid), SIGKILL);
  for (;;) RAW(SYS_sched_yield);
}

/** Counts a change that is about to happen; does not return when the process is to die before it. */
enum crash begin_change(void) {
  control->changes++;
  if (control->crash_after <= 0 || --control->crash_after > 0) return CRASH_NOT;
  if (control->crash_how == CRASH_BEFORE) die();
  return control->crash_how;
}

void end_change(enum crash crash) {
  if (crash != CRASH_NOT) die();
}

/** fsync and fdatasync: what was changed before the call is safe when it returns 0. */
int sync_tracked(uint64_t inode) {
  lock();
  uint64_t upto = control->sequence;
  enum crash crash = begin_change();
  unlock();
  if (control->sync_delay_us > 0) {
    struct timespec delay = {control->sync_delay_us / 1000000,
                             control->sync_delay_us % 1000000 * 1000};
    RAW(SYS_nanosleep, &delay, NULL);
  }
  lock();
  control->syncs++;
  struct record record = {.kind = RECORD_SYNC, .inode = inode, .first = upto};
  int result = 0;
  if (control->fail_syncs > 0) {
    control->fail_syncs--;
    // The kernel drops the pages it could not write and reports it once: a later sync does not make up for it.
    record.kind = RECORD_FAILED_SYNC;
    result = -1;
  }
  if (control->is_lying == 0) append(record, NULL, NULL, NULL);
  end_change(crash);
  unlock();
  if (result != 0) errno = EIO;
  return result;
}
