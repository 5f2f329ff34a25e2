// Arguments of the components: the keys of the configuration (infra/config.ts, where each is checked), typed for Pulumi
// programs. What decides which resources there are is plain; everything else may be an output of another resource.
import type { Input } from '@pulumi/pulumi';
import type { BackupArgs, MonitoringArgs } from './args-upkeep.ts';
import type {
  CompactionMode,
  IssuerKind,
  PullPolicy,
  ServiceType,
  TaintEffect,
  TlsIssuer,
  TlsMode,
  TolerationOperator,
  WhenUnsatisfiable,
} from './choices.ts';

/** A cluster. Everything may be left out: three members under mutual TLS. */
export interface ClusterArgs {
  /** Names of the objects begin with it. Fixed once the cluster exists. Default: binnacle. */
  name?: string;
  /** Members: 3 survive the loss of one, 5 of two. Can be changed at any time. Default: 3. */
  members?: Input<number>;
  /** The image of members and jobs. */
  image?: ImageArgs;
  /** What a member asks of its node. */
  resources?: ResourcesArgs;
  /** Where a member keeps its data. */
  storage?: StorageArgs;
  /** Certificates. */
  tls?: TlsArgs;
  /** Which nodes members run on. */
  placement?: PlacementArgs;
  /** How far drains of nodes may go. */
  disruptionBudget?: DisruptionBudgetArgs;
  /** The Service for clients. */
  service?: ServiceArgs;
  /** Backups. */
  backup?: BackupArgs;
  /** History that is dropped by itself. */
  autoCompaction?: AutoCompactionArgs;
  /** Metrics, alerts and a dashboard. */
  monitoring?: MonitoringArgs;
  /** Who reaches the members. */
  networkPolicy?: NetworkPolicyArgs;
  /** More flags of the member. */
  extraFlags?: Input<Input<string>[]>;
}

/** An image. */
export interface ImageArgs {
  /** Registry; localhost is for images that were loaded into the nodes. */
  registry?: Input<string>;
  /** Repository in the registry. */
  repository?: Input<string>;
  /** Tag of the image. Default: the version of this package. */
  tag?: Input<string>;
  /** Digest; it goes before the tag. */
  digest?: Input<string>;
  /** When nodes pull the image. */
  pullPolicy?: Input<PullPolicy>;
  /** Secrets that open the registry. */
  pullSecrets?: Input<Input<string>[]>;
}

/** Amounts of processor and memory. */
export interface ResourcesArgs {
  /** A member's share of its node, such as {cpu: '250m', memory: '1Gi'}. */
  requests?: Input<{ [resource: string]: Input<string> }>;
  /** The most that it may take. */
  limits?: Input<{ [resource: string]: Input<string> }>;
}

/** The members' volumes. */
export interface StorageArgs {
  /** Size of each member's volume. It can grow while the cluster serves. Default: 8Gi. */
  size?: Input<string>;
  /** Size in the volumeClaimTemplate. Not needed with Pulumi, which keeps the first one by itself. */
  templateSize?: Input<string>;
  /** StorageClass; the cluster's default without it. Fixed once the cluster exists. */
  class?: Input<string>;
  /** Size of a member's database at which it takes no more writes. Default: 2GiB. */
  quota?: Input<string>;
}

/** Certificates and who shows them. */
export interface TlsArgs {
  /** Who shows a certificate. Can be changed while the cluster serves. Default: mutual. */
  mode?: TlsMode;
  /** Where certificates come from. Default: self. */
  issuer?: TlsIssuer;
  /** Raise it by one to replace the CA, with no request lost. */
  caGeneration?: Input<number>;
  /** Days that the CA is valid. */
  caLifetimeDays?: Input<number>;
  /** Days that a certificate is valid; it is renewed when a third of them is left. */
  certificateLifetimeDays?: Input<number>;
  /** Seconds that clients get to load their changed Secret before members rely on it. Default: 90. */
  clientGraceSeconds?: Input<number>;
  /** Renewal of certificates. */
  renewal?: RenewalArgs;
  /** Names and addresses in the server certificate besides those of the Services. */
  extraSans?: Input<Input<string>[]>;
  /** DNS domain of the Kubernetes cluster. Default: cluster.local. */
  clusterDomain?: Input<string>;
  /** For issuer cert-manager. */
  certManager?: CertManagerArgs;
  /** For issuer provided. */
  provided?: ProvidedArgs;
}

/** When certificates are looked after. */
export interface RenewalArgs {
  /** Schedule of the reconcile job (UTC). */
  schedule?: Input<string>;
}

/** An issuer of cert-manager. */
export interface CertManagerArgs {
  /** Issuer that signs; without it an Issuer with a CA of its own is made. */
  issuerName?: string;
  /** Kind of the issuer. */
  issuerKind?: IssuerKind;
  /** API group of the issuer. */
  issuerGroup?: string;
}

/** Secrets with tls.crt, tls.key and ca.crt. */
export interface ProvidedArgs {
  /** For the client port. */
  serverSecret?: Input<string>;
  /** For members among each other; its CN must be <name>-peer. */
  peerSecret?: Input<string>;
  /** For clients: the jobs use it. */
  clientSecret?: Input<string>;
}

/** Nodes for members. */
export interface PlacementArgs {
  /** Labels that a node must have. */
  nodeSelector?: Input<{ [label: string]: Input<string> }>;
  /** Taints that members put up with. */
  tolerations?: Input<Input<TolerationArgs>[]>;
  /** Affinity, as Kubernetes has it, besides the spread over nodes. */
  affinity?: Input<{ [kind: string]: any }>; // eslint-disable-line @typescript-eslint/no-explicit-any -- any object of the API
  /** Label of nodes over whose values members are spread. Default: kubernetes.io/hostname. */
  topologyKey?: Input<string>;
  /** DoNotSchedule: a member rather waits than shares a node. */
  whenUnsatisfiable?: Input<WhenUnsatisfiable>;
  /** PriorityClass of the members. */
  priorityClassName?: Input<string>;
}

/** A taint that members put up with. */
export interface TolerationArgs {
  /** Key of the taint. */
  key?: Input<string>;
  /** How it is compared. */
  operator?: Input<TolerationOperator>;
  /** Value of the taint. */
  value?: Input<string>;
  /** What the taint does. */
  effect?: Input<TaintEffect>;
  /** For how long, with NoExecute. */
  tolerationSeconds?: Input<number>;
}

/** A PodDisruptionBudget. */
export interface DisruptionBudgetArgs {
  /** Whether drains of nodes are held back. Default: true. */
  enabled?: boolean;
  /** Members that may be away at once because of drains. Default: 1. */
  maxUnavailable?: Input<number>;
}

/** The Service for clients. */
export interface ServiceArgs {
  /** Its type. Default: ClusterIP. */
  type?: Input<ServiceType>;
  /** Annotations of it, which load balancers are configured with. */
  annotations?: Input<{ [key: string]: Input<string> }>;
  /** Port on the nodes, for NodePort and LoadBalancer. */
  nodePort?: Input<number>;
  /** Addresses that a load balancer lets in. */
  loadBalancerSourceRanges?: Input<Input<string>[]>;
}

/** History that is dropped by itself. */
export interface AutoCompactionArgs {
  /** Default: none, for clients that compact, as Kubernetes does. */
  mode?: Input<CompactionMode>;
  /** History that is kept: a time for periodic (1h), a number for revision (1000). */
  retention?: Input<string>;
}

/** A NetworkPolicy. */
export interface NetworkPolicyArgs {
  /** Whether the peer port is closed to all but members and jobs. Default: true. */
  enabled?: boolean;
  /** Who may reach the client port, as peers of a NetworkPolicy. Default: everybody. */
  clients?: Input<Input<{ [selector: string]: any }>[]>; // eslint-disable-line @typescript-eslint/no-explicit-any -- any object of the API
}
