// The lossy disk's names: what is created, renamed and removed in folders.
#define _GNU_SOURCE
#include "lossy-disk.h"

#include <stdarg.h>
#include <stdio.h>
#include <sys/syscall.h>

static bool inode_at(const char *path, struct stat *info) {
  int before = errno;
  bool found = lstat(path, info) == 0;
  errno = before;
  return found;
}

static int open_tracked(const char *path, int flags, mode_t mode) {
  struct stat before;
  lock();
  bool is_new = (flags & O_CREAT) != 0 && !inode_at(path, &before);
  bool cuts = (flags & O_TRUNC) != 0 && !is_new;
  if (is_new && control->is_full) {
    unlock();
    errno = ENOSPC;
    return -1;
  }
  enum crash crash = is_new ? begin_change() : CRASH_NOT;
  int fd = RAW(SYS_openat, AT_FDCWD, path, cuts ? flags & ~O_TRUNC : flags, mode);
  int error = errno;
  if (fd >= 0) {
    track(fd);
    if (is_new) {
      struct stat info;
      fstat(fd, &info);
      const char *name;
      struct record record = {.kind = RECORD_CREATE, .inode = info.st_ino};
      record.folder = folder_of(path, &name);
      append(record, name, NULL, NULL);
    } else if (cuts) {
      truncate_tracked(fd, 0);
    }
  }
  end_change(crash);
  unlock();
  errno = error;
  return fd;
}

int openat(int folder, const char *path, int flags, ...) {
  mode_t mode = 0;
  if (flags & (O_CREAT | O_TMPFILE)) {
    va_list list;
    va_start(list, flags);
    mode = va_arg(list, mode_t);
    va_end(list);
  }
  char full[PATH_MAX];
  if (tracked_path(folder, path, full)) return open_tracked(full, flags, mode);
  return RAW(SYS_openat, folder, path, flags, mode);
}
#define MODE_OF(flags)                      \
  mode_t mode = 0;                          \
  if ((flags) & (O_CREAT | O_TMPFILE)) {    \
    va_list list;                           \
    va_start(list, flags);                  \
    mode = va_arg(list, mode_t);            \
    va_end(list);                           \
  }
int openat64(int folder, const char *path, int flags, ...) {
  MODE_OF(flags)
  return openat(folder, path, flags, mode);
}
int open(const char *path, int flags, ...) {
  MODE_OF(flags)
  return openat(AT_FDCWD, path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  MODE_OF(flags)
  return openat(AT_FDCWD, path, flags, mode);
}
int creat(const char *path, mode_t mode) {
  return openat(AT_FDCWD, path, O_CREAT | O_WRONLY | O_TRUNC, mode);
}

int mkdirat(int folder, const char *path, mode_t mode) {
  char full[PATH_MAX];
  if (!tracked_path(folder, path, full)) return RAW(SYS_mkdirat, folder, path, mode);
  lock();
  enum crash crash = begin_change();
  int result = RAW(SYS_mkdirat, AT_FDCWD, full, mode);
  int error = errno;
  struct stat info;
  if (result == 0 && inode_at(full, &info)) {
    const char *name;
    struct record record = {.kind = RECORD_MAKE, .inode = info.st_ino};
    record.folder = folder_of(full, &name);
    append(record, name, NULL, NULL);
  }
  end_change(crash);
  unlock();
  errno = error;
  return result;
}
int mkdir(const char *path, mode_t mode) { return mkdirat(AT_FDCWD, path, mode); }

int unlinkat(int folder, const char *path, int flags) {
  char full[PATH_MAX];
  if (!tracked_path(folder, path, full)) return RAW(SYS_unlinkat, folder, path, flags);
  lock();
  enum crash crash = begin_change();
  struct stat info;
  if (inode_at(full, &info)) {
    const char *name;
    bool is_folder = (flags & AT_REMOVEDIR) != 0;
    struct record record = {.kind = is_folder ? RECORD_RMDIR : RECORD_UNLINK, .inode = info.st_ino};
    record.folder = folder_of(full, &name);
    if (!is_folder && (record.first = bury(full)) == 0) give_up("an unlinked file can't be kept");
    append(record, name, NULL, NULL);
  }
  int result = RAW(SYS_unlinkat, AT_FDCWD, full, flags);
  int error = errno;
  end_change(crash);
  unlock();
  errno = error;
  return result;
}
int unlink(const char *path) { return unlinkat(AT_FDCWD, path, 0); }
int rmdir(const char *path) { return unlinkat(AT_FDCWD, path, AT_REMOVEDIR); }
int remove(const char *path) {
  struct stat info;
  bool is_folder = inode_at(path, &info) && S_ISDIR(info.st_mode);
  return unlinkat(AT_FDCWD, path, is_folder ? AT_REMOVEDIR : 0);
}

int renameat2(int from_folder, const char *from, int to_folder, const char *to, unsigned flags) {
  char source[PATH_MAX], target[PATH_MAX];
  bool leaves = tracked_path(from_folder, from, source);
  bool arrives = tracked_path(to_folder, to, target);
  if (!leaves && !arrives) return RAW(SYS_renameat2, from_folder, from, to_folder, to, flags);
  if (leaves != arrives || flags != 0) give_up("a rename into or out of the disk");
  lock();
  enum crash crash = begin_change();
  struct stat info, overwritten;
  if (inode_at(source, &info)) {
    const char *name, *other;
    struct record record = {.kind = RECORD_RENAME, .inode = info.st_ino};
    record.folder = folder_of(source, &name);
    record.second = folder_of(target, &other);
    if (inode_at(target, &overwritten) && S_ISREG(overwritten.st_mode)) record.first = bury(target);
    append(record, name, other, NULL);
  }
  int result = RAW(SYS_renameat2, AT_FDCWD, source, AT_FDCWD, target, 0);
  int error = errno;
  end_change(crash);
  unlock();
  errno = error;
  return result;
}
int renameat(int from_folder, const char *from, int to_folder, const char *to) {
  return renameat2(from_folder, from, to_folder, to, 0);
}
int rename(const char *from, const char *to) {
  return renameat2(AT_FDCWD, from, AT_FDCWD, to, 0);
}

int linkat(int from_folder, const char *from, int to_folder, const char *to, int flags) {
  char full[PATH_MAX];
  if (tracked_path(to_folder, to, full)) give_up("a hard link");
  return RAW(SYS_linkat, from_folder, from, to_folder, to, flags);
}
int link(const char *from, const char *to) { return linkat(AT_FDCWD, from, AT_FDCWD, to, 0); }

int truncate(const char *path, off_t size) {
  char full[PATH_MAX];
  if (tracked_path(AT_FDCWD, path, full)) give_up("truncate by path");
  return RAW(SYS_truncate, path, size);
}
int truncate64(const char *path, off64_t size) { return truncate(path, size); }
