#define _GNU_SOURCE
#include "CSpoolSystem.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/btrfs.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#ifndef SYS_openat2
#define SYS_openat2 437
#endif

const unsigned SPOOL_RENAME_NOREPLACE = 1;
const unsigned SPOOL_RENAME_EXCHANGE = 2;

int spool_renameat2(int from_fd, const char *from, int to_fd, const char *to, unsigned flags) {
    return (int)syscall(SYS_renameat2, from_fd, from, to_fd, to, flags);
}

int spool_syncfs(int fd) { return syncfs(fd); }

int spool_open_by_names(int directory, const char *path, int flags, mode_t mode) {
    char name[NAME_MAX + 1];
    int at = directory;
    int result = -1;
    if (*path == '/') {
        errno = EXDEV;
        return -1;
    }
    for (;;) {
        size_t length = strcspn(path, "/");
        const char *rest = path + length;
        while (*rest == '/') rest++;
        if (length > NAME_MAX) {
            errno = ENAMETOOLONG;
            break;
        }
        memcpy(name, path, length);
        name[length] = 0;
        if (strcmp(name, "..") == 0) {
            errno = EXDEV;
            break;
        }
        if (*rest == 0) {
            result = openat(at, name, flags | O_NOFOLLOW | O_CLOEXEC, mode);
            break;
        }
        int next = openat(at, name, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
        if (next < 0) {
            struct stat status;
            bool is_link = errno == ENOTDIR
                && fstatat(at, name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISLNK(status.st_mode);
            if (is_link) errno = ELOOP;
            break;
        }
        if (at != directory) close(at);
        at = next;
        path = rest;
    }
    int error = errno;
    if (at != directory) close(at);
    errno = error;
    return result;
}

/// Whether the kernel, or a filter of system calls, has said that there is no openat2(2).
static atomic_bool has_no_openat2;

int spool_open_beneath(int directory, const char *path, int flags, mode_t mode) {
    // As struct open_how; RESOLVE_NO_MAGICLINKS, RESOLVE_NO_SYMLINKS, RESOLVE_BENEATH.
    struct { uint64_t flags, mode, resolve; } how = {
        .flags = (uint64_t)(flags | O_NOFOLLOW | O_CLOEXEC), .mode = flags & O_CREAT ? mode : 0,
        .resolve = 0x02 | 0x04 | 0x08};
    if (!atomic_load_explicit(&has_no_openat2, memory_order_relaxed)) {
        int fd = (int)syscall(SYS_openat2, directory, path, &how, sizeof how);
        if (fd >= 0 || (errno != ENOSYS && errno != EPERM)) return fd;
        if (errno == ENOSYS) atomic_store_explicit(&has_no_openat2, true, memory_order_relaxed);
    }
    int fd = spool_open_by_names(directory, path, flags, mode);
    // EPERM may be about the file, as where it is immutable, or the answer of a filter to any openat2(2).
    if (fd >= 0) atomic_store_explicit(&has_no_openat2, true, memory_order_relaxed);
    return fd;
}

bool spool_has_access_list(int fd) {
    return fgetxattr(fd, "system.posix_acl_access", NULL, 0) > 0;
}

int spool_commit_btrfs(int fd) {
    struct statfs system;
    if (fstatfs(fd, &system) != 0) return -1;
    // Another file system may take the numbers of these for something else.
    if (system.f_type != BTRFS_SUPER_MAGIC) {
        errno = ENOTTY;
        return -1;
    }
    __u64 transaction = 0;
    if (ioctl(fd, BTRFS_IOC_START_SYNC, &transaction) != 0) return -1;
    return ioctl(fd, BTRFS_IOC_WAIT_SYNC, &transaction);
}

bool spool_is_fixed(int directory, const char *path) {
    struct statx status;
    if (statx(directory, path, AT_SYMLINK_NOFOLLOW | AT_STATX_DONT_SYNC, 0, &status) != 0) return false;
    return (status.stx_attributes & (STATX_ATTR_IMMUTABLE | STATX_ATTR_APPEND)) != 0;
}

int spool_has_other_writers(int fd) {
    struct statfs system;
    if (fstatfs(fd, &system) != 0) return -1;
    switch ((unsigned)system.f_type) {
    case 0x6969u:      // NFS
    case 0x517bu:      // SMB
    case 0xff534d42u:  // CIFS
    case 0xfe534d42u:  // SMB 2
    case 0x5346414fu:  // AFS
    case 0x00c36400u:  // Ceph
    case 0x01161970u:  // GFS2
    case 0x7461636fu:  // OCFS2
    case 0x0bd00bd0u:  // Lustre
    case 0x01021997u:  // 9P
    case 0x65735546u:  // FUSE: GlusterFS and others
        return 1;
    default:
        return 0;
    }
}

int spool_file_system(int fd) {
    struct statfs system;
    if (fstatfs(fd, &system) != 0) return -1;
    switch (system.f_type) {
    case EXT4_SUPER_MAGIC: return SPOOL_FILE_SYSTEM_EXT4;
    case XFS_SUPER_MAGIC: return SPOOL_FILE_SYSTEM_XFS;
    case BTRFS_SUPER_MAGIC:
    case F2FS_SUPER_MAGIC:
    case TMPFS_MAGIC: return SPOOL_FILE_SYSTEM_OTHER_LOCAL;
    default: return SPOOL_FILE_SYSTEM_OTHER;
    }
}

unsigned spool_device_major(dev_t device) { return major(device); }
unsigned spool_device_minor(dev_t device) { return minor(device); }

int spool_write_back(int fd) {
    return sync_file_range(fd, 0, 0,
        SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
}

int spool_begin_write_back(int fd) {
    return sync_file_range(fd, 0, 0, SYNC_FILE_RANGE_WRITE);
}

int spool_take_read_lease(int fd) {
    // If somebody opens the file for writing while the lease is held, the kernel tells us, by default with SIGIO. That
    // ends a process. SIGURG needs no handler.
    if (fcntl(fd, F_SETSIG, SIGURG) != 0) return -1;
    return fcntl(fd, F_SETLEASE, F_RDLCK);
}

int spool_drop_lease(int fd) { return fcntl(fd, F_SETLEASE, F_UNLCK); }

off_t spool_seek_data(int file, off_t from) { return lseek(file, from, SEEK_DATA); }

int spool_memory_file(const char *name) { return memfd_create(name, MFD_CLOEXEC); }

bool spool_is_regular(mode_t mode) { return S_ISREG(mode); }
bool spool_is_directory(mode_t mode) { return S_ISDIR(mode); }
bool spool_is_symlink(mode_t mode) { return S_ISLNK(mode); }
bool spool_is_fifo(mode_t mode) { return S_ISFIFO(mode); }

ssize_t spool_getdents(int fd, void *buffer, size_t size) {
    return syscall(SYS_getdents64, fd, buffer, size);
}
