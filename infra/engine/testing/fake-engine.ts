// The side of Pulumi's engine that a program talks to, over the wire: enough to start a program as the CLI does.
import * as grpc from '@grpc/grpc-js';
import { EngineService } from '@pulumi/pulumi/proto/engine_grpc_pb.js';
import engineProto from '@pulumi/pulumi/proto/engine_pb.js';
import { ResourceMonitorService } from '@pulumi/pulumi/proto/resource_grpc_pb.js';
import resourceProto from '@pulumi/pulumi/proto/resource_pb.js';

export interface FakeEngine {
  readonly address: string;
  /** `type name`, in the order of registration. */
  readonly registered: string[];
  /** Messages of the program, but for debugging. */
  readonly logged: string[];
  stop(): void;
}

type Unary<Request, Response> = (
  call: { readonly request: Request },
  answer: (error: null, response: Response) => void,
) => void;

export async function startFakeEngine(): Promise<FakeEngine> {
  const registered: string[] = [];
  const logged: string[] = [];
  const server = new grpc.Server();
  server.addService(definition(EngineService), engineCalls(logged));
  server.addService(definition(ResourceMonitorService), monitorCalls(registered));
  const port = await new Promise<number>((resolve, reject) => {
    server.bindAsync('127.0.0.1:0', grpc.ServerCredentials.createInsecure(), (error, bound) =>
      error === null ? resolve(bound) : reject(error),
    );
  });
  return {
    address: `127.0.0.1:${port}`,
    registered,
    logged,
    stop: () => server.forceShutdown(),
  };
}

/** google.protobuf.Empty, as the services' own code reads it. */
const empty = (): unknown => definition(EngineService)['log']!.responseDeserialize(Buffer.alloc(0));

/** Pulumi's generated code is for gRPC's own types, but says so in another version's words. */
const definition = (service: unknown) => service as grpc.ServiceDefinition;

function engineCalls(logged: string[]): grpc.UntypedServiceImplementation {
  const log: Unary<engineProto.LogRequest, unknown> = ({ request }, answer) => {
    if (request.getSeverity() !== engineProto.LogSeverity.DEBUG) logged.push(request.getMessage());
    answer(null, empty());
  };
  let root = '';
  const setRootResource: Unary<engineProto.SetRootResourceRequest, unknown> = (call, answer) => {
    root = call.request.getUrn();
    answer(null, new engineProto.SetRootResourceResponse());
  };
  const getRootResource: Unary<unknown, unknown> = (_, answer) => {
    const response = new engineProto.GetRootResourceResponse();
    response.setUrn(root);
    answer(null, response);
  };
  return { log, setRootResource, getRootResource } as unknown as grpc.UntypedServiceImplementation; // as declared above
}

function monitorCalls(registered: string[]): grpc.UntypedServiceImplementation {
  const supportsFeature: Unary<resourceProto.SupportsFeatureRequest, unknown> = (call, answer) => {
    const response = new resourceProto.SupportsFeatureResponse();
    response.setHassupport(
      ['secrets', 'resourceReferences', 'aliasSpecs', 'outputValues'].includes(
        call.request.getId(),
      ),
    );
    answer(null, response);
  };
  const registerResource: Unary<resourceProto.RegisterResourceRequest, unknown> = (
    call,
    answer,
  ) => {
    const { request } = call;
    registered.push(`${request.getType()} ${request.getName()}`);
    const response = new resourceProto.RegisterResourceResponse();
    response.setUrn(`urn:pulumi:s::p::${request.getType()}::${request.getName()}`);
    if (request.getCustom()) response.setId('id');
    response.setObject(request.getObject());
    answer(null, response);
  };
  const done: Unary<unknown, unknown> = (_, answer) => answer(null, empty());
  return {
    supportsFeature,
    registerResource,
    registerResourceOutputs: done,
    signalAndWaitForShutdown: done,
  } as unknown as grpc.UntypedServiceImplementation; // as declared above
}
