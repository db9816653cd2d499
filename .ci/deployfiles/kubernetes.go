package main

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

// kustomization is what kustomization.yaml may have here.
type kustomization struct {
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Namespace  string   `json:"namespace"`
	Resources  []string `json:"resources"`
	Images     []struct {
		Name    string `json:"name"`
		NewName string `json:"newName"`
		NewTag  string `json:"newTag"`
	} `json:"images"`
}

// drain is how long a node may take to stop.
const drain = 20

type kubernetesCheck struct {
	problems
	deployment appsv1.Deployment
	services   []corev1.Service
	budget     policyv1.PodDisruptionBudget
	policy     networkingv1.NetworkPolicy
	ingress    networkingv1.Ingress
}

// checkKubernetes reads every manifest strictly: an unknown field is an error.
func checkKubernetes(root string) error {
	dir := filepath.Join(root, "deploy/kubernetes")
	var k kustomization
	if err := readStrict(filepath.Join(dir, "kustomization.yaml"), &k); err != nil {
		return err
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.yaml"))
	if err != nil {
		return err
	}
	c := &kubernetesCheck{}
	for _, file := range files {
		name := filepath.Base(file)
		if name == "kustomization.yaml" || name == "secret.yaml" {
			continue
		}
		c.unless(slices.Contains(k.Resources, name) != strings.Contains(name, ".example."), "kubernetes: %s is an example or a resource", name)
		raw, err := os.ReadFile(file)
		if err != nil {
			return err
		}
		for _, doc := range bytes.Split(raw, []byte("\n---\n")) {
			if err := c.read(doc); err != nil {
				c.add("kubernetes: %s: %w", name, err)
			}
		}
	}
	for _, name := range k.Resources {
		_, err := os.Stat(filepath.Join(dir, name))
		c.unless(err == nil, "kubernetes: %v", err)
	}
	c.unless(len(k.Images) == 1 && k.Images[0].Name == c.node().Image, "kubernetes: the image is not replaced")
	c.agree()
	return c.err()
}

func readStrict(file string, out any) error {
	raw, err := os.ReadFile(file)
	if err == nil {
		err = yaml.UnmarshalStrict(raw, out)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", file, err)
	}
	return nil
}

func (c *kubernetesCheck) read(doc []byte) error {
	var head metav1.TypeMeta
	if err := yaml.Unmarshal(doc, &head); err != nil {
		return err
	}
	var out any
	switch head.APIVersion + " " + head.Kind {
	case "apps/v1 Deployment":
		out = &c.deployment
	case "batch/v1 Job":
		out = &batchv1.Job{}
	case "v1 ConfigMap":
		out = &corev1.ConfigMap{}
	case "v1 Secret":
		out = &corev1.Secret{}
	case "v1 Service":
		var s corev1.Service
		err := yaml.UnmarshalStrict(doc, &s)
		c.services = append(c.services, s)
		return err
	case "policy/v1 PodDisruptionBudget":
		out = &c.budget
	case "networking.k8s.io/v1 NetworkPolicy":
		out = &c.policy
	case "networking.k8s.io/v1 Ingress":
		out = &c.ingress
	default:
		return fmt.Errorf("unknown kind %q of %q", head.Kind, head.APIVersion)
	}
	return yaml.UnmarshalStrict(doc, out)
}

// node is the container of the server.
func (c *kubernetesCheck) node() corev1.Container {
	if list := c.deployment.Spec.Template.Spec.Containers; len(list) == 1 {
		return list[0]
	}
	return corev1.Container{}
}

// agree checks that the manifests speak of the same pods and ports.
func (c *kubernetesCheck) agree() {
	labels := c.deployment.Spec.Template.Labels
	for what, selector := range map[string]*metav1.LabelSelector{
		"Deployment": c.deployment.Spec.Selector, "PodDisruptionBudget": c.budget.Spec.Selector, "NetworkPolicy": &c.policy.Spec.PodSelector,
	} {
		c.unless(selector != nil && maps.Equal(selector.MatchLabels, labels), "kubernetes: %s selects others than the nodes", what)
	}
	ports := map[string]bool{}
	for _, p := range c.node().Ports {
		ports[p.Name] = true
	}
	for _, s := range c.services {
		c.unless(maps.Equal(s.Spec.Selector, labels), "kubernetes: Service %s selects others than the nodes", s.Name)
		for _, p := range s.Spec.Ports {
			c.unless(ports[p.TargetPort.StrVal], "kubernetes: Service %s: no port %s", s.Name, p.TargetPort.String())
		}
	}
	ruled := map[string]bool{}
	for _, rule := range c.policy.Spec.Ingress {
		c.unless(len(rule.From) == 1 && len(rule.Ports) == 1, "kubernetes: NetworkPolicy: a rule opens more than one port to one side")
		for _, p := range rule.Ports {
			ruled[p.Port.StrVal] = true
		}
	}
	c.unless(maps.Equal(ruled, ports), "kubernetes: NetworkPolicy has the ports %v, the nodes %v", ruled, ports)

	pod := c.deployment.Spec.Template.Spec
	life := c.node().Lifecycle
	if life == nil || life.PreStop == nil || life.PreStop.Sleep == nil || pod.TerminationGracePeriodSeconds == nil {
		c.add("kubernetes: a node does not wait before it stops")
		return
	}
	needs := life.PreStop.Sleep.Seconds + drain + 5
	c.unless(*pod.TerminationGracePeriodSeconds >= needs, "kubernetes: a node needs %d s to stop and has %d", needs, *pod.TerminationGracePeriodSeconds)
	replicas, least := c.deployment.Spec.Replicas, c.budget.Spec.MinAvailable
	c.unless(replicas != nil && least != nil && int(*replicas) > least.IntValue(), "kubernetes: with that PodDisruptionBudget no machine can be emptied")
}
