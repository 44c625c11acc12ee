include(CMakePackageConfigHelpers)
configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/biopotentialConfig.cmake.in ${PROJECT_BINARY_DIR}/biopotentialConfig.cmake
                              INSTALL_DESTINATION lib/cmake/biopotential)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/biopotentialConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/biopotentialConfig.cmake ${PROJECT_BINARY_DIR}/biopotentialConfigVersion.cmake
              ${PROJECT_SOURCE_DIR}/cmake/FindFFTW.cmake ${PROJECT_SOURCE_DIR}/cmake/FindFLAC.cmake
        DESTINATION lib/cmake/biopotential COMPONENT cpp)
