// Generated from proto/auth.proto by proto/generate.ts. Do not edit.
import { EMPTY_BYTES } from '../../base/text.ts';
import type { Codec } from '../codec.ts';
import { delimitedSize, stringSize, varintSize } from '../writer.ts';

export interface UserAddOptions {
  noPassword: boolean;
}

export const UserAddOptions: Codec<UserAddOptions> = {
  name: 'authpb.UserAddOptions',
  create(init) {
    const m: UserAddOptions = { noPassword: false };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.noPassword !== false) n += 1 + 1;
    return n;
  },
  write(m, w) {
    if (m.noPassword !== false) {
      w.varint(8);
      w.bool(m.noPassword);
    }
  },
  read(r, end, before) {
    let noPassword_: boolean = false;
    if (before !== undefined) {
      noPassword_ = before.noPassword;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          noPassword_ = r.bool();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { noPassword: noPassword_ };
  },
};

export interface User {
  name: Uint8Array;
  password: Uint8Array;
  roles: string[];
  options: UserAddOptions | undefined;
}

export const User: Codec<User> = {
  name: 'authpb.User',
  create(init) {
    const m: User = { name: EMPTY_BYTES, password: EMPTY_BYTES, roles: [], options: undefined };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.name.length !== 0) n += 1 + delimitedSize(m.name.length);
    if (m.password.length !== 0) n += 1 + delimitedSize(m.password.length);
    for (const v of m.roles) n += 1 + stringSize(v);
    if (m.options !== undefined) n += 1 + delimitedSize(UserAddOptions.sizeOf(m.options));
    return n;
  },
  write(m, w) {
    if (m.name.length !== 0) {
      w.varint(10);
      w.bytesField(m.name);
    }
    if (m.password.length !== 0) {
      w.varint(18);
      w.bytesField(m.password);
    }
    for (const v of m.roles) {
      w.varint(26);
      w.string(v);
    }
    if (m.options !== undefined) {
      w.varint(34);
      w.varint(UserAddOptions.sizeOf(m.options));
      UserAddOptions.write(m.options, w);
    }
  },
  read(r, end) {
    let name_: Uint8Array = EMPTY_BYTES;
    let password_: Uint8Array = EMPTY_BYTES;
    const roles_: string[] = [];
    let options_: UserAddOptions | undefined = undefined;
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          name_ = r.view();
          break;
        case 18:
          password_ = r.view();
          break;
        case 26:
          roles_.push(r.string());
          break;
        case 34: {
          const last = r.end();
          options_ = UserAddOptions.read(r, last, options_);
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { name: name_, password: password_, roles: roles_, options: options_ };
  },
};

export const PermissionType = {
  READ: 0,
  WRITE: 1,
  READWRITE: 2,
} as const;

export interface Permission {
  permType: number;
  key: Uint8Array;
  rangeEnd: Uint8Array;
}

export const Permission: Codec<Permission> = {
  name: 'authpb.Permission',
  create(init) {
    const m: Permission = { permType: 0, key: EMPTY_BYTES, rangeEnd: EMPTY_BYTES };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.permType !== 0) n += 1 + varintSize(m.permType);
    if (m.key.length !== 0) n += 1 + delimitedSize(m.key.length);
    if (m.rangeEnd.length !== 0) n += 1 + delimitedSize(m.rangeEnd.length);
    return n;
  },
  write(m, w) {
    if (m.permType !== 0) {
      w.varint(8);
      w.varint(m.permType);
    }
    if (m.key.length !== 0) {
      w.varint(18);
      w.bytesField(m.key);
    }
    if (m.rangeEnd.length !== 0) {
      w.varint(26);
      w.bytesField(m.rangeEnd);
    }
  },
  read(r, end, before) {
    let permType_: number = 0;
    let key_: Uint8Array = EMPTY_BYTES;
    let rangeEnd_: Uint8Array = EMPTY_BYTES;
    if (before !== undefined) {
      permType_ = before.permType;
      key_ = before.key;
      rangeEnd_ = before.rangeEnd;
    }
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 8:
          permType_ = r.int32();
          break;
        case 18:
          key_ = r.view();
          break;
        case 26:
          rangeEnd_ = r.view();
          break;
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { permType: permType_, key: key_, rangeEnd: rangeEnd_ };
  },
};

export interface Role {
  name: Uint8Array;
  keyPermission: Permission[];
}

export const Role: Codec<Role> = {
  name: 'authpb.Role',
  create(init) {
    const m: Role = { name: EMPTY_BYTES, keyPermission: [] };
    return init === undefined ? m : Object.assign(m, init);
  },
  sizeOf(m) {
    let n = 0;
    if (m.name.length !== 0) n += 1 + delimitedSize(m.name.length);
    for (const v of m.keyPermission) n += 1 + delimitedSize(Permission.sizeOf(v));
    return n;
  },
  write(m, w) {
    if (m.name.length !== 0) {
      w.varint(10);
      w.bytesField(m.name);
    }
    for (const v of m.keyPermission) {
      w.varint(18);
      w.varint(Permission.sizeOf(v));
      Permission.write(v, w);
    }
  },
  read(r, end) {
    let name_: Uint8Array = EMPTY_BYTES;
    const keyPermission_: Permission[] = [];
    while (r.position < end) {
      const tag = r.tag();
      switch (tag) {
        case 10:
          name_ = r.view();
          break;
        case 18: {
          const last = r.end();
          keyPermission_.push(Permission.read(r, last));
          break;
        }
        default:
          r.skip(tag);
      }
    }
    if (r.position !== end) r.fail('field runs past its message');
    return { name: name_, keyPermission: keyPermission_ };
  },
};

