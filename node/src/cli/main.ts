// `binnacle`: with etcd's flags it is the server, as `etcd` is; `ctl`, `util` and `up` are the rest.
export {};

const [command, ...rest] = process.argv.slice(2);

switch (command) {
  case 'ctl':
    await (await import('./ctl.ts')).runCtl(rest);
    break;
  case 'util':
    await (await import('./util.ts')).runUtil(rest);
    break;
  case 'doctor':
    await (await import('./doctor.ts')).runDoctor(rest);
    break;
  case 'recover':
    await (await import('./recover.ts')).runRecover(rest);
    break;
  case 'backup':
    await (await import('./backup.ts')).runBackup(rest);
    break;
  case 'reconcile':
    await (await import('./reconcile.ts')).runReconcile(rest);
    break;
  case 'restore':
    await (await import('./restore.ts')).runRestore(rest);
    break;
  case 'up':
    await (await import('./up.ts')).runUp(rest);
    break;
  default:
    await (await import('./server-command.ts')).runServer(process.argv.slice(2));
}
