//! HTTP for whoever runs the service.
