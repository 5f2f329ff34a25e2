// The lossy disk's contents: writes, truncations and syncs of open files.
#define _GNU_SOURCE
#include "lossy-disk.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#define MAX_FILES 65536
#define SECTOR_BYTES 512
static const size_t PIECE = 1 << 20;

/** By descriptor. Who closes it may not tell us, so the inode is compared on each use. */
static struct {
  dev_t device;
  ino_t inode;
} files[MAX_FILES];

void track(int fd) {
  struct stat info;
  if (fd < 0 || fd >= MAX_FILES || fstat(fd, &info) != 0) return;
  files[fd].device = info.st_dev;
  files[fd].inode = info.st_ino;
}

static bool is_tracked(int fd, struct stat *info) {
  if (fd < 0 || fd >= MAX_FILES || files[fd].inode == 0) return false;
  int before = errno;
  bool same = fstat(fd, info) == 0 && info->st_ino == files[fd].inode &&
              info->st_dev == files[fd].device;
  if (!same) files[fd].inode = 0;
  errno = before;
  return same;
}

static bool is_zero(const char *bytes, size_t length) {
  return length == 0 || (bytes[0] == 0 && memcmp(bytes, bytes + 1, length - 1) == 0);
}

/** Logs what is in [from, to) of the file. */
static void keep(int fd, enum kind kind, const struct stat *info, off_t from, off_t to) {
  struct record record = {.kind = kind, .inode = info->st_ino, .third = info->st_size};
  int reader = fd;
  char link[64];
  if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY) {
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    reader = RAW(SYS_openat, AT_FDCWD, link, O_RDONLY | O_CLOEXEC, 0);
    if (reader < 0) give_up("a file can't be read");
  }
  for (off_t at = from; at < to; at += PIECE) {
    size_t length = to - at < (off_t)PIECE ? (size_t)(to - at) : PIECE;
    char *old = malloc(length);
    size_t there = 0;
    if (at < info->st_size) {
      ssize_t got = RAW(SYS_pread64, reader, old, length, at);
      if (got < 0) give_up("what a write covers can't be read");
      there = got;
    }
    record.first = at;
    record.second = length;
    record.data_length = is_zero(old, there) ? 0 : there;
    // Zeros that are cut off come back with the size.
    if (kind != RECORD_CUT || record.data_length > 0) append(record, NULL, NULL, old);
    free(old);
  }
  if (reader != fd) RAW(SYS_close, reader);
}

/** How much of a write has room. */
static size_t room_for(int fd, off_t offset, size_t length, off_t size) {
  if (!control->is_full) return length;
  if (offset >= size) return 0;
  off_t position = lseek(fd, 0, SEEK_CUR);
  off_t hole = lseek(fd, offset, SEEK_HOLE);
  lseek(fd, position, SEEK_SET);
  if (hole < 0) return 0;
  return (size_t)(hole - offset) < length ? (size_t)(hole - offset) : length;
}

/** The kernel copies a write page by page, so what a kill interrupts ends with one; here with a sector. */
static size_t half_of(off_t offset, size_t length) {
  off_t end = (offset + (off_t)length / 2) / SECTOR_BYTES * SECTOR_BYTES;
  return end > offset ? (size_t)(end - offset) : 0;
}

static ssize_t write_part(int fd, const struct iovec *parts, int count, off_t offset, size_t limit) {
  char *bytes = malloc(limit);
  size_t done = 0;
  for (int i = 0; i < count && done < limit; i++) {
    size_t length = parts[i].iov_len < limit - done ? parts[i].iov_len : limit - done;
    memcpy(bytes + done, parts[i].iov_base, length);
    done += length;
  }
  ssize_t written = RAW(SYS_pwrite64, fd, bytes, done, offset);
  free(bytes);
  return written;
}

static ssize_t write_tracked(int fd, const struct stat *info, const struct iovec *parts, int count,
                             off_t offset) {
  size_t length = 0;
  for (int i = 0; i < count; i++) length += parts[i].iov_len;
  lock();
  enum crash crash = begin_change();
  ssize_t written = -1;
  size_t room = room_for(fd, offset, length, info->st_size);
  if (control->fail_writes > 0) {
    control->fail_writes--;
    errno = EIO;
  } else if (room == 0 && length > 0) {
    errno = ENOSPC;
  } else {
    struct stat now;
    fstat(fd, &now);
    if (crash == CRASH_HALFWAY) room = half_of(offset, room);
    keep(fd, RECORD_WRITE, &now, offset, offset + room);
    written = room < length ? write_part(fd, parts, count, offset, room)
                            : RAW(SYS_pwritev, fd, parts, count, offset, 0);
  }
  int error = errno;
  end_change(crash);
  unlock();
  errno = error;
  return written;
}

ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  struct stat info;
  if (is_tracked(fd, &info)) return write_tracked(fd, &info, parts, count, offset);
  return RAW(SYS_pwritev, fd, parts, count, offset, 0);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  return pwritev(fd, parts, count, offset);
}
ssize_t pwritev2(int fd, const struct iovec *parts, int count, off_t offset, int flags) {
  struct stat info;
  if (offset != -1 && is_tracked(fd, &info)) return write_tracked(fd, &info, parts, count, offset);
  return RAW(SYS_pwritev2, fd, parts, count, offset, 0, flags);
}
ssize_t pwritev64v2(int fd, const struct iovec *parts, int count, off64_t offset, int flags) {
  return pwritev2(fd, parts, count, offset, flags);
}

ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  struct stat info;
  struct iovec part = {(void *)bytes, length};
  if (is_tracked(fd, &info)) return write_tracked(fd, &info, &part, 1, offset);
  return RAW(SYS_pwrite64, fd, bytes, length, offset);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  return pwrite(fd, bytes, length, offset);
}

ssize_t writev(int fd, const struct iovec *parts, int count) {
  struct stat info;
  if (!is_tracked(fd, &info) || !S_ISREG(info.st_mode)) return RAW(SYS_writev, fd, parts, count);
  bool appends = (fcntl(fd, F_GETFL) & O_APPEND) != 0;
  off_t offset = appends ? info.st_size : lseek(fd, 0, SEEK_CUR);
  ssize_t written = write_tracked(fd, &info, parts, count, offset);
  if (written > 0) lseek(fd, offset + written, SEEK_SET);
  return written;
}
ssize_t write(int fd, const void *bytes, size_t length) {
  struct iovec part = {(void *)bytes, length};
  struct stat info;
  if (!is_tracked(fd, &info)) return RAW(SYS_write, fd, bytes, length);
  return writev(fd, &part, 1);
}

int truncate_tracked(int fd, off_t size) {
  struct stat info;
  lock();
  enum crash crash = begin_change();
  int result = fstat(fd, &info);
  if (result == 0) {
    keep(fd, RECORD_CUT, &info, size, info.st_size);
    struct record record = {
        .kind = RECORD_TRUNCATE, .inode = info.st_ino, .first = size, .third = info.st_size};
    append(record, NULL, NULL, NULL);
    result = RAW(SYS_ftruncate, fd, size);
  }
  end_change(crash);
  unlock();
  return result;
}
int ftruncate(int fd, off_t size) {
  struct stat info;
  return is_tracked(fd, &info) ? truncate_tracked(fd, size) : RAW(SYS_ftruncate, fd, size);
}
int ftruncate64(int fd, off64_t size) { return ftruncate(fd, size); }

int fsync(int fd) {
  struct stat info;
  return is_tracked(fd, &info) ? sync_tracked(info.st_ino) : RAW(SYS_fsync, fd);
}
int fdatasync(int fd) {
  struct stat info;
  return is_tracked(fd, &info) ? sync_tracked(info.st_ino) : RAW(SYS_fdatasync, fd);
}

/** What the undo log has no record for must not happen unseen. */
static void refuse(int fd, const char *what) {
  struct stat info;
  if (is_tracked(fd, &info)) give_up(what);
}
int fallocate(int fd, int mode, off_t offset, off_t length) {
  refuse(fd, "fallocate");
  return RAW(SYS_fallocate, fd, mode, offset, length);
}
int fallocate64(int fd, int mode, off64_t offset, off64_t length) {
  return fallocate(fd, mode, offset, length);
}
int posix_fallocate(int fd, off_t offset, off_t length) {
  refuse(fd, "posix_fallocate");
  return RAW(SYS_fallocate, fd, 0, offset, length) == 0 ? 0 : errno;
}
int posix_fallocate64(int fd, off64_t offset, off64_t length) {
  return posix_fallocate(fd, offset, length);
}
ssize_t sendfile(int out, int in, off_t *offset, size_t count) {
  refuse(out, "sendfile");
  return RAW(SYS_sendfile, out, in, offset, count);
}
ssize_t sendfile64(int out, int in, off64_t *offset, size_t count) {
  return sendfile(out, in, offset, count);
}
void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  if ((protection & PROT_WRITE) && (flags & MAP_SHARED)) refuse(fd, "a shared writable mapping");
  return (void *)RAW(SYS_mmap, address, length, protection, flags, fd, offset);
}
void *mmap64(void *address, size_t length, int protection, int flags, int fd, off64_t offset) {
  return mmap(address, length, protection, flags, fd, offset);
}

/** libuv makes some calls by number. */
long syscall(long number, ...) {
  va_list list;
  long a[6];
  va_start(list, number);
  for (int i = 0; i < 6; i++) a[i] = va_arg(list, long);
  va_end(list);
  if (number == SYS_io_uring_setup) {
    errno = ENOSYS;
    return -1;
  }
  if (number == SYS_copy_file_range) refuse((int)a[2], "copy_file_range");
  return RAW(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}
