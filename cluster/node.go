package cluster

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/asynkron/protoactor-go/actor"
	protocluster "github.com/asynkron/protoactor-go/cluster"
	"github.com/asynkron/protoactor-go/remote"
	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
)

const (
	// maxMessage bounds what a node takes from another at once: a batch of
	// writerBatch messages of a few KiB each.
	maxMessage  = 64 << 20
	writerBatch = 500
	// writerQueue is where the queue to a node starts; it grows. What bounds it is
	// that nothing is sent to a node that does not answer.
	writerQueue = 1024
	// A connection to a machine that is gone is found out in 12 s; 10 s is the
	// least that grpc takes.
	keepaliveTime    = 10 * time.Second
	keepaliveTimeout = 2 * time.Second
	keepaliveMinTime = 5 * time.Second
	// never is for the parts of protoactor that are not used: its gossip blocks
	// nodes for ever that were only slow.
	never = 24 * time.Hour
	// A node that is started again is back within a second or two. Who has
	// something to send it tries so often and so long to connect; giving up costs
	// two more seconds, and what waited is lost.
	connectEvery    = 100 * time.Millisecond
	connectTimeout  = time.Second
	connectPatience = 10 * time.Second
	// joinTimeout is far above what joining takes.
	joinTimeout = 15 * time.Second
)

// Options are what a Node is made of. All but Advertise and TLS are required.
type Options struct {
	// Name is the cluster's; with TLS, certificates must be made out to it.
	Name string
	// Bind is where remoting listens, host:port; with port 0 the system chooses.
	Bind string
	// Advertise is what others dial, host:port; empty: where it listens.
	Advertise string
	// TLS makes the nodes prove to one another who they are, see LoadTLS.
	TLS *tls.Config
	// Provider makes nodes known to one another.
	Provider protocluster.ClusterProvider
	Lookup   *Lookup
	// Ready is called once the address of the actor system is final and before
	// any other node knows of this one.
	Ready func()
}

// Node is this process as a member of a cluster.
type Node struct {
	provider protocluster.ClusterProvider
	cluster  *protocluster.Cluster
	leave    sync.Once
	close    sync.Once
}

// Join starts remoting and makes this node known. It fails when the address is
// taken or the provider cannot work at all; a provider that cannot reach its
// service yet goes on trying.
func Join(ctx context.Context, sys *actor.ActorSystem, o Options) (*Node, error) {
	host, port, err := bindAddress(ctx, o.Bind)
	if err != nil {
		return nil, err
	}
	rc := remote.Configure(host, port, remoteOptions(o)...)
	rc.MaxRetryCount = 1 // each costs two seconds, in which nothing is refused
	started := make(chan error, 1)
	p := &startSignal{ClusterProvider: o.Provider, started: started, ready: o.Ready}
	cfg := protocluster.Configure(o.Name, p, o.Lookup, rc, protocluster.WithHeartbeatExpiration(never))
	cfg.GossipInterval = never
	n := &Node{provider: o.Provider, cluster: protocluster.New(sys, cfg)}
	// StartMember sleeps for a second when all is done, and panics when something
	// is wrong; this goroutine ends with it.
	go func() {
		defer func() {
			if r := recover(); r != nil {
				select {
				case started <- fmt.Errorf("join cluster: %v", r):
				default: // told before
				}
			}
		}()
		n.cluster.StartMember()
	}()
	ctx, cancel := context.WithTimeoutCause(ctx, joinTimeout, errors.New("join cluster: not done in 15s"))
	defer cancel()
	select {
	case err := <-started:
		return n, err
	case <-ctx.Done():
		return n, context.Cause(ctx)
	}
}

// startSignal tells when the provider has started, and calls ready before it does.
type startSignal struct {
	protocluster.ClusterProvider
	started chan<- error
	ready   func()
}

// StartMember implements protoactor's provider.
func (s *startSignal) StartMember(c *protocluster.Cluster) error {
	s.ready()
	err := s.ClusterProvider.StartMember(c)
	s.started <- err
	return err
}

// bindAddress splits an address and sees to it that it is free: remoting would
// panic.
func bindAddress(ctx context.Context, address string) (host string, port int, err error) {
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return "", 0, fmt.Errorf("listen for other nodes: %w", err)
	}
	if err := ln.Close(); err != nil {
		return "", 0, err
	}
	host, text, err := net.SplitHostPort(address)
	if err != nil {
		return "", 0, err
	}
	port, err = strconv.Atoi(text)
	return host, port, err
}

func remoteOptions(o Options) []remote.ConfigOption {
	server, dial := []grpc.ServerOption{
		grpc.MaxRecvMsgSize(maxMessage),
		grpc.ChainStreamInterceptor(survive),
		grpc.KeepaliveEnforcementPolicy(keepalive.EnforcementPolicy{MinTime: keepaliveMinTime, PermitWithoutStream: true}),
	}, []grpc.DialOption{
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: keepaliveTime, Timeout: keepaliveTimeout, PermitWithoutStream: true}),
		grpc.WithConnectParams(grpc.ConnectParams{
			Backoff: backoff.Config{BaseDelay: connectEvery, Multiplier: 1, MaxDelay: connectEvery}, MinConnectTimeout: connectTimeout,
		}),
		grpc.WithChainStreamInterceptor(patient),
	}
	if o.TLS != nil {
		server = append(server, grpc.Creds(credentials.NewTLS(o.TLS)))
		dial = append(dial, grpc.WithTransportCredentials(credentials.NewTLS(o.TLS)))
	} else {
		dial = append(dial, grpc.WithTransportCredentials(insecure.NewCredentials()))
	}
	opts := []remote.ConfigOption{
		remote.WithEndpointWriterBatchSize(writerBatch), remote.WithEndpointWriterQueueSize(writerQueue),
		remote.WithServerOptions(server...), remote.WithDialOptions(dial...),
	}
	if o.Advertise != "" {
		opts = append(opts, remote.WithAdvertisedHost(o.Advertise))
	}
	return opts
}

// patient opens a stream to a node that may be about to come back.
func patient(
	ctx context.Context, desc *grpc.StreamDesc, conn *grpc.ClientConn, method string, open grpc.Streamer, opts ...grpc.CallOption,
) (grpc.ClientStream, error) {
	ticker := time.NewTicker(connectEvery)
	defer ticker.Stop()
	for deadline := time.Now().Add(connectPatience); ; {
		stream, err := open(ctx, desc, conn, method, opts...)
		if err == nil || time.Now().After(deadline) {
			return stream, err
		}
		select {
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		case <-ticker.C:
		}
	}
}

// survive turns a panic over what another node sent into the end of its stream:
// a node of a later version may send what this one does not know.
func survive(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("%s: %v", info.FullMethod, r)
		}
	}()
	return handler(srv, stream)
}

// Leave tells the others that this node goes, so that they take over at once. It
// goes on passing messages on to them until Close. It may be called twice.
func (n *Node) Leave() (err error) {
	n.leave.Do(func() { err = n.provider.Shutdown(true) })
	return err
}

// Close ends remoting without a word. It may be called twice.
func (n *Node) Close() {
	n.close.Do(func() {
		if n.cluster.Remote != nil {
			n.cluster.Remote.Shutdown(false)
		}
	})
}
