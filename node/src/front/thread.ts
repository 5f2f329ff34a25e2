// A front thread: accepts connections, speaks TLS, HTTP/2 and gRPC with clients, and leaves what they ask for to the main
// thread. Whatever goes wrong here ends the process: see ThreadLink.
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '../base/assert.ts';
import type { LogFields, Logger } from '../base/logger.ts';
import { realClock } from '../platform/real-clock.ts';
import { RpcServer, writeHeaderTrace, type Acceptance } from '../rpc/index.ts';
import { acceptanceFrom } from './acceptance.ts';
import { Channel } from './channel.ts';
import { CallCounters } from './counters.ts';
import { Forwarder } from './forwarder.ts';
import { HttpQuestions } from './http-questions.ts';
import type { FromThread, LogLevelName, ThreadData, ToThread } from './messages.ts';

const port = present(parentPort, 'this file is started as a thread');
const data = workerData as ThreadData; // what ThreadLink hands over

const tell = (message: FromThread): void => port.postMessage(message);

function logTo(level: LogLevelName): (message: string, fields?: LogFields) => void {
  return (message, fields) => tell({ kind: 'log', level, message, fields });
}

const logger: Logger = {
  debug: logTo('debug'),
  info: logTo('info'),
  warn: logTo('warn'),
  error: logTo('error'),
};

class FrontThread {
  private readonly acceptances = new Map<number, Acceptance>();
  private readonly questions = new HttpQuestions((id, question) =>
    tell({ kind: 'http', id, ...question }),
  );
  private readonly server: RpcServer;

  constructor() {
    const counters = new CallCounters(data.counters);
    const numbers = new Map(data.methods.map(({ path }, number) => [path, number]));
    this.server = new RpcServer({
      clock: realClock,
      logger,
      ...data.limits,
      observer: {
        finished(path, _kind, status) {
          counters.count(present(numbers.get(path), 'only listed methods are served'), status);
        },
      },
      ...(data.servesHttp && { http1: this.questions.handler }),
      ...(data.tracesHeaders && { onRequestFields: writeHeaderTrace }),
    });
    const forwarder: Forwarder = new Forwarder(
      new Channel(data.channel, (type, id, payload) => forwarder.receive(type, id, payload)),
    );
    this.server.register(forwarder.entries(data.methods));
  }

  receive(message: ToThread): void {
    switch (message.kind) {
      case 'listen':
        this.acceptances.set(message.id, acceptanceFrom(message.acceptance));
        void this.listen(message.id, message.host, message.port);
        break;
      case 'accept':
        this.acceptances.set(message.id, acceptanceFrom(message.acceptance));
        break;
      case 'reconsider':
        this.server.reconsider(message.graceMs);
        break;
      case 'http':
        this.questions.answer(message.id, message);
        break;
      case 'close':
        void this.server.close(message).then(() => tell({ kind: 'closed' }));
    }
  }

  private async listen(id: number, host: string, wanted: number): Promise<void> {
    const acceptance = (): Acceptance =>
      present(this.acceptances.get(id), 'set before it is listened');
    try {
      const { port } = await this.server.listen({
        host,
        port: wanted,
        reusePort: true,
        acceptance,
      });
      tell({ kind: 'listening', id, port: present(port, 'a TCP listener has one') });
    } catch (error) {
      const { code = '', message } = error as NodeJS.ErrnoException; // node:net rejects with these
      tell({ kind: 'refused', id, code, message });
    }
  }
}

const thread = new FrontThread();
port.on('message', (message: ToThread) => thread.receive(message));
