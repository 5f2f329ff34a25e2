import io.etcd.jetcd.ByteSequence;
import io.etcd.jetcd.Client;
import io.etcd.jetcd.Watch;
import io.etcd.jetcd.election.LeaderKey;
import io.etcd.jetcd.kv.TxnResponse;
import io.etcd.jetcd.op.Cmp;
import io.etcd.jetcd.op.CmpTarget;
import io.etcd.jetcd.op.Op;
import io.etcd.jetcd.options.DeleteOption;
import io.etcd.jetcd.options.GetOption;
import io.etcd.jetcd.options.LeaseOption;
import io.etcd.jetcd.options.PutOption;
import io.etcd.jetcd.options.WatchOption;
import io.etcd.jetcd.watch.WatchEvent;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import java.io.File;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * The Java client io.etcd:jetcd-core over mTLS: prints `ok NAME` or `FAIL NAME: why` for each test.
 *
 * <p>ENDPOINTS (comma-separated), CA_FILE, CERT_FILE and KEY_FILE are in the environment. KEY_FILE is PKCS #8.
 */
public final class ClientTest {
  private interface Check {
    void run(Client client) throws Exception;
  }

  public static void main(String[] args) throws Exception {
    Map<String, Check> tests = new LinkedHashMap<>();
    tests.put("put and get", ClientTest::putAndGet);
    tests.put("range and delete", ClientTest::rangeAndDelete);
    tests.put("transaction", ClientTest::transaction);
    tests.put("watch", ClientTest::watch);
    tests.put("lease", ClientTest::lease);
    tests.put("lock service", ClientTest::lock);
    tests.put("election service", ClientTest::election);
    tests.put("cluster and maintenance", ClientTest::maintenance);
    boolean failed = false;
    try (Client client = connect()) {
      for (Map.Entry<String, Check> test : tests.entrySet()) {
        try {
          test.getValue().run(client);
          System.out.println("ok " + test.getKey());
        } catch (Exception | AssertionError error) {
          if (isUnimplemented(error)) {
            System.out.println("SKIP " + test.getKey() + ": the server does not have this service");
            continue;
          }
          failed = true;
          System.out.println("FAIL " + test.getKey() + ": " + error + " at " + Arrays.toString(error.getStackTrace()));
        }
      }
    }
    System.exit(failed ? 1 : 0);
  }

  /** v3lock and v3election are services of their own that a server may lack; the others are not. */
  private static boolean isUnimplemented(Throwable error) {
    for (Throwable cause = error; cause != null; cause = cause.getCause()) {
      if (cause instanceof StatusRuntimeException status
          && status.getStatus().getCode() == Status.Code.UNIMPLEMENTED
          && String.valueOf(status.getMessage()).matches(".*(v3lock|v3election).*")) return true;
    }
    return false;
  }

  private static Client connect() throws Exception {
    File ca = new File(System.getenv("CA_FILE"));
    File cert = new File(System.getenv("CERT_FILE"));
    File key = new File(System.getenv("KEY_FILE"));
    return Client.builder()
        .endpoints(System.getenv("ENDPOINTS").split(","))
        .sslContext(GrpcSslContexts.forClient().trustManager(ca).keyManager(cert, key).build())
        .build();
  }

  private static ByteSequence bytes(String text) {
    return ByteSequence.from(text, StandardCharsets.UTF_8);
  }

  private static <T> T await(CompletableFuture<T> future) throws Exception {
    return future.get(15, TimeUnit.SECONDS);
  }

  private static void expect(String what, Object got, Object want) {
    if (!Objects.equals(String.valueOf(got), String.valueOf(want))) {
      throw new AssertionError(what + " is " + got + ", not " + want);
    }
  }

  private static void putAndGet(Client client) throws Exception {
    await(client.getKVClient().put(bytes("java/a"), bytes("one")));
    var put = await(client.getKVClient().put(bytes("java/a"), bytes("two"), PutOption.builder().withPrevKV().build()));
    expect("previous value", put.getPrevKv().getValue(), "one");
    expect("value", await(client.getKVClient().get(bytes("java/a"))).getKvs().get(0).getValue(), "two");
  }

  private static void rangeAndDelete(Client client) throws Exception {
    for (String name : List.of("x", "y", "z")) {
      await(client.getKVClient().put(bytes("java/r/" + name), bytes(name)));
    }
    var prefix = GetOption.builder().isPrefix(true).withLimit(2).withSortField(GetOption.SortTarget.KEY)
        .withSortOrder(GetOption.SortOrder.DESCEND).build();
    var found = await(client.getKVClient().get(bytes("java/r/"), prefix));
    expect("first", found.getKvs().get(0).getValue(), "z");
    expect("count", found.getCount(), 3);
    expect("more", found.isMore(), true);
    var gone = await(client.getKVClient().delete(bytes("java/r/"), DeleteOption.builder().isPrefix(true).build()));
    expect("deleted", gone.getDeleted(), 3);
  }

  private static void transaction(Client client) throws Exception {
    await(client.getKVClient().put(bytes("java/t"), bytes("1")));
    for (boolean succeeds : new boolean[] {true, false}) {
      TxnResponse response = await(client.getKVClient().txn()
          .If(new Cmp(bytes("java/t"), Cmp.Op.EQUAL, CmpTarget.value(bytes("1"))))
          .Then(Op.put(bytes("java/t"), bytes("2"), PutOption.DEFAULT))
          .Else(Op.get(bytes("java/t"), GetOption.DEFAULT)).commit());
      expect("succeeded", response.isSucceeded(), succeeds);
      if (!succeeds) expect("read", response.getGetResponses().get(0).getKvs().get(0).getValue(), "2");
    }
  }

  private static void watch(Client client) throws Exception {
    List<String> events = new ArrayList<>();
    CompletableFuture<List<String>> done = new CompletableFuture<>();
    long next = await(client.getKVClient().get(bytes("java/w"))).getHeader().getRevision() + 1;
    var options = WatchOption.builder().isPrefix(true).withRevision(next).withPrevKV(true).build();
    try (Watch.Watcher ignored = client.getWatchClient().watch(bytes("java/w/"), options, response -> {
      for (WatchEvent event : response.getEvents()) {
        events.add(event.getEventType() + " " + event.getKeyValue().getValue());
        if (event.getEventType() == WatchEvent.EventType.DELETE) done.complete(events);
      }
    })) {
      await(client.getKVClient().put(bytes("java/w/a"), bytes("1")));
      await(client.getKVClient().put(bytes("java/w/a"), bytes("2")));
      await(client.getKVClient().delete(bytes("java/w/a")));
      expect("events", await(done), "[PUT 1, PUT 2, DELETE ]");
    }
  }

  private static void lease(Client client) throws Exception {
    long id = await(client.getLeaseClient().grant(10)).getID();
    var option = PutOption.builder().withLeaseId(id).build();
    await(client.getKVClient().put(bytes("java/leased"), bytes("x"), option));
    expect("renewed to", await(client.getLeaseClient().keepAliveOnce(id)).getTTL(), 10);
    var info = await(client.getLeaseClient().timeToLive(id, LeaseOption.builder().withAttachedKeys().build()));
    expect("keys", info.getKeys().get(0), "java/leased");
    await(client.getLeaseClient().revoke(id));
    expect("count", await(client.getKVClient().get(bytes("java/leased"))).getCount(), 0);
  }

  private static void lock(Client client) throws Exception {
    long first = await(client.getLeaseClient().grant(10)).getID();
    long second = await(client.getLeaseClient().grant(10)).getID();
    ByteSequence held = await(client.getLockClient().lock(bytes("java/lock"), first)).getKey();
    var waiting = client.getLockClient().lock(bytes("java/lock"), second);
    Thread.sleep(500);
    expect("second has the lock", waiting.isDone(), false);
    await(client.getLockClient().unlock(held));
    await(client.getLockClient().unlock(await(waiting).getKey()));
    await(client.getLeaseClient().revoke(first));
    await(client.getLeaseClient().revoke(second));
  }

  private static void election(Client client) throws Exception {
    long id = await(client.getLeaseClient().grant(10)).getID();
    var election = client.getElectionClient();
    LeaderKey key = await(election.campaign(bytes("java/election"), id, bytes("captain"))).getLeader();
    expect("leader", await(election.leader(bytes("java/election"))).getKv().getValue(), "captain");
    await(election.proclaim(key, bytes("commodore")));
    expect("leader", await(election.leader(bytes("java/election"))).getKv().getValue(), "commodore");
    await(election.resign(key));
    await(client.getLeaseClient().revoke(id));
  }

  private static void maintenance(Client client) throws Exception {
    expect("members", await(client.getClusterClient().listMember()).getMembers().size(), 3);
    String endpoint = System.getenv("ENDPOINTS").split(",")[0];
    expect("version", await(client.getMaintenanceClient().statusMember(endpoint)).getVersion(), "3.7.3");
    expect("alarms", await(client.getMaintenanceClient().listAlarms()).getAlarms().size(), 0);
  }
}
