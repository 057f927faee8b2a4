// SPDX-License-Identifier: MIT
pragma solidity ^0.8.28;

/// @dev The cheatcodes of forge that the tests use; forge answers at the address of `VM`.
interface Vm {
    struct Log {
        bytes32[] topics;
        bytes data;
        address emitter;
    }

    struct Wallet {
        address addr;
        uint256 publicKeyX;
        uint256 publicKeyY;
        uint256 privateKey;
    }

    // Who calls, with what, and when.
    function prank(address sender) external;
    function prank(address sender, address origin) external;
    function startPrank(address sender) external;
    function stopPrank() external;
    function deal(address account, uint256 balance) external;
    function warp(uint256 timestamp) external;
    function roll(uint256 number) external;
    function fee(uint256 baseFee) external;
    function chainId(uint256 id) external;
    function txGasPrice(uint256 price) external;
    function etch(address account, bytes calldata code) external;
    function store(address account, bytes32 slot, bytes32 value) external;
    function load(address account, bytes32 slot) external view returns (bytes32 value);
    function label(address account, string calldata name) external;
    function addr(uint256 privateKey) external pure returns (address account);
    function sign(uint256 privateKey, bytes32 digest) external pure returns (uint8 v, bytes32 r, bytes32 s);
    function mockCall(address callee, bytes calldata data, bytes calldata returned) external;
    function clearMockedCalls() external;

    // What is expected of the next call.
    function expectRevert() external;
    function expectRevert(bytes4 selector) external;
    function expectRevert(bytes calldata data) external;
    function expectPartialRevert(bytes4 selector) external;
    function expectEmit() external;
    function expectEmit(address emitter) external;
    function expectEmit(bool topic1, bool topic2, bool topic3, bool data) external;
    function expectCall(address callee, bytes calldata data) external;
    function expectCall(address callee, uint256 value, bytes calldata data) external;
    function recordLogs() external;
    function getRecordedLogs() external returns (Log[] memory logs);

    // Fuzzing and state.
    function assume(bool condition) external pure;
    function snapshotState() external returns (uint256 id);
    function revertToState(uint256 id) external returns (bool done);
    function getNonce(address account) external view returns (uint64 nonce);
    function getCode(string calldata artifact) external view returns (bytes memory code);
    function computeCreateAddress(address deployer, uint256 nonce) external pure returns (address account);
    function pauseGasMetering() external;
    function resumeGasMetering() external;
    function skip(bool skipTest, string calldata reason) external;

    // The world outside; foundry.toml says which folders may be read.
    function exists(string calldata path) external view returns (bool found);
    function readFile(string calldata path) external view returns (string memory text);
    function readFileBinary(string calldata path) external view returns (bytes memory content);
    function writeFileBinary(string calldata path, bytes calldata content) external;
    function writeFile(string calldata path, string calldata text) external;
    function projectRoot() external view returns (string memory path);
    function envOr(string calldata name, bool fallbackValue) external view returns (bool value);
    function envOr(string calldata name, uint256 fallbackValue) external view returns (uint256 value);
    function envOr(string calldata name, string calldata fallbackValue)
        external
        view
        returns (string memory value);
    function toString(uint256 value) external pure returns (string memory text);
    function toString(bytes32 value) external pure returns (string memory text);
    function toString(address value) external pure returns (string memory text);
    function parseJsonBytes32(string calldata json, string calldata key) external pure returns (bytes32 value);
    function parseJsonBytes(string calldata json, string calldata key)
        external
        pure
        returns (bytes memory value);
    function parseJsonUint(string calldata json, string calldata key) external pure returns (uint256 value);
    function parseJsonAddress(string calldata json, string calldata key) external pure returns (address value);
    function parseJsonString(string calldata json, string calldata key)
        external
        pure
        returns (string memory value);
    function parseJsonBytes32Array(string calldata json, string calldata key)
        external
        pure
        returns (bytes32[] memory values);
    function parseJsonUintArray(string calldata json, string calldata key)
        external
        pure
        returns (uint256[] memory values);
    function keyExistsJson(string calldata json, string calldata key) external view returns (bool found);
}

/// @dev The address keccak256("hevm cheat code") that forge answers at.
Vm constant VM = Vm(address(uint160(uint256(keccak256("hevm cheat code")))));
