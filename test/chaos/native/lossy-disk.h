// What lossy-disk.c, lossy-names.c and lossy-files.c share; disk/undo-log.ts reads the records, disk/lossy-disk.ts writes
// the control file.
#ifndef LOSSY_DISK_H
#define LOSSY_DISK_H
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

enum crash { CRASH_NOT, CRASH_BEFORE, CRASH_HALFWAY, CRASH_AFTER };

/** Mapped from the control file: little-endian, no padding. */
struct control {
  uint64_t sequence;      // number of the latest record
  uint64_t buried;        // files that were ever put into the grave
  uint64_t changes;       // writes, truncations, changes of names and syncs so far
  uint64_t syncs;
  int32_t fail_syncs;     // so many syncs to come fail with EIO
  int32_t fail_writes;    // so many writes to come fail with EIO
  int32_t is_full;        // what needs more room fails with ENOSPC
  int32_t is_lying;       // syncs report success and make nothing safe
  int32_t sync_delay_us;
  int32_t crash_after;    // the process dies at this change, counted from 1
  int32_t crash_how;      // enum crash
  int32_t reserved;
};

#define RECORD_MAGIC 0x4b534944u
enum kind {
  RECORD_WRITE = 1,    // inode; first: offset; second: length; third: size before; data: what was there, none for zeros
  RECORD_CUT = 2,      // like RECORD_WRITE: bytes that the RECORD_TRUNCATE behind it takes away
  RECORD_TRUNCATE = 3, // inode; first: size after; third: size before
  RECORD_SYNC = 4,     // inode of a file or folder; first: the latest record that is safe
  RECORD_FAILED_SYNC = 5,
  RECORD_CREATE = 6,   // folder, name, inode
  RECORD_MAKE = 7,     // a folder: folder, name, inode
  RECORD_UNLINK = 8,   // folder, name, inode; first: its number in the grave
  RECORD_RMDIR = 9,    // folder, name, inode
  RECORD_RENAME = 10,  // folder, name, inode; second: folder and `other`: name it got; first: what was overwritten, in the grave
};

struct record {
  uint32_t magic;
  uint16_t kind;
  uint16_t name_length;
  uint16_t other_length;
  uint16_t reserved;
  uint32_t data_length;
  uint64_t number;
  uint64_t folder;
  uint64_t inode;
  uint64_t first;
  uint64_t second;
  uint64_t third;
};

extern long (*raw_call)(long, ...);
extern struct control *control;
/** The kernel itself: libc's own functions lead back here. */
#define RAW(...) (raw_call == NULL ? ready() : (void)0, raw_call(__VA_ARGS__))

void ready(void);
void lock(void);
void unlock(void);
void give_up(const char *what) __attribute__((noreturn));
bool tracked_path(int folder, const char *path, char out[PATH_MAX]);
uint64_t folder_of(const char *path, const char **name);
void append(struct record record, const char *name, const char *other, const void *data);
uint64_t bury(const char *path);
enum crash begin_change(void);
void end_change(enum crash crash);
int sync_tracked(uint64_t inode);

/** lossy-files.c: remembers that `fd` is a file or folder of the disk. */
void track(int fd);
int truncate_tracked(int fd, off_t size);
#endif
