/** Protection of gRPC services with sessions. */
package dev.sessionauthority.grpc;
