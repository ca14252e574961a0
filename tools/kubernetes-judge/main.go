// Builds a kustomization as `kubectl apply -k` does, by kustomize's own code, and decodes each object strictly into the types of
// Kubernetes and the Prometheus Operator, and those of keda.go: a field that they do not have is an error. Prints the objects as JSON, or says what is
// wrong and ends with 1.
// usage: kubernetes-judge <folder of a kustomization>
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"

	monitoring "github.com/prometheus-operator/prometheus-operator/pkg/apis/monitoring/v1"
	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	batch "k8s.io/api/batch/v1"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
)

func main() {
	if err := judge(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func judge(folder string) error {
	known := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		core.AddToScheme, apps.AddToScheme, batch.AddToScheme, networking.AddToScheme, policy.AddToScheme, autoscaling.AddToScheme,
		monitoring.AddToScheme, addKeda,
	} {
		if err := add(known); err != nil {
			return err
		}
	}
	decoder := serializer.NewCodecFactory(known, serializer.EnableStrict).UniversalDeserializer()
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(filesys.MakeFsOnDisk(), folder)
	if err != nil {
		return err
	}
	var faults []error
	objects := []json.RawMessage{}
	for _, resource := range built.Resources() {
		text, err := resource.MarshalJSON()
		if err != nil {
			return err
		}
		objects = append(objects, text)
		if _, _, err := decoder.Decode(text, nil, nil); err != nil {
			faults = append(faults, fmt.Errorf("%s %s: %w", resource.GetKind(), resource.GetName(), err))
		}
	}
	if len(faults) > 0 {
		return errors.Join(faults...)
	}
	return json.NewEncoder(os.Stdout).Encode(objects)
}
